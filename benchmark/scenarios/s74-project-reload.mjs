// An edit of a project in TypeScript: until the worker answers with what was edited.
import { askVersion, leftOut, withProject } from "../lib/project.mjs";
import { millisPerCall } from "../lib/timing.mjs";

export default {
  name: "s74-project-reload",
  leftOut,
  unit: "ms",
  doc: "a TypeScript project of 200 modules: an edit, its build, the reload and the first response",
  target: { share: 0.3, of: "m4" },
  run({ Miniflare }) {
    return withProject(Miniflare, async (project, run) => {
      const { mf, reload, close } = await run({ watch: true });
      await askVersion(mf, 0);
      let version = 0;
      const edit = async () => {
        project.edit(++version);
        await reload();
        await askVersion(mf, version);
      };
      const elapsed = await millisPerCall(edit, { warmUp: 2, calls: 15 });
      await close();
      return elapsed;
    });
  },
};
