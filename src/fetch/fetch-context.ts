// A fetch is part of the request that makes it: it needs one, counts as its subrequest, as does each redirect, and when it
// has an answer, time has moved on.

import { seams } from "ext:miniflare/web/fetch-seams.ts";
import { advance, countSubrequest, currentContext, depart, requireContext } from "ext:miniflare/realm/context.ts";

seams.begin = () => {
  requireContext("globalAsyncIO");
  countSubrequest();
  return currentContext();
};
seams.ready = depart;
seams.hop = (_, urls) => {
  if (urls.length > 1) countSubrequest();
};
seams.end = advance;
seams.depth = (context) => context?.depth ?? 1;
