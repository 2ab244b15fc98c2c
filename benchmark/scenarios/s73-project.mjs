// A process that runs a project in TypeScript: the build is a part of it.
import { askVersion, leftOut, withProject } from "../lib/project.mjs";

export default {
  name: "s73-project",
  leftOut,
  unit: "ms",
  doc: "a TypeScript project of 200 modules: its build, `new Miniflare` and the first response",
  target: { share: 0.5, of: "m4" },
  run({ Miniflare }) {
    return withProject(Miniflare, async (_project, run) => {
      const begin = performance.now();
      const { mf, close } = await run();
      await askVersion(mf, 0);
      const elapsed = performance.now() - begin;
      await close();
      return elapsed;
    });
  },
};
