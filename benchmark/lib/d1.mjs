// D1 databases of a worker, under the name that each implementation binds: Miniflare 2 has names of its own.
import { withInstance } from "./instance.mjs";

const NAMES = ["DB", "__D1_BETA__DB"];

/**
 * Gives `use` an instance whose worker has a table. The script finds the database as `db`.
 * @param body statements of the handler
 */
export async function withDatabase(Miniflare, body, use) {
  const script = `export default {
    async fetch(request, env) {
      const db = env.DB ?? env.__D1_BETA__DB;
      if (request.url.endsWith("/create")) {
        await db.exec("CREATE TABLE entries (id INTEGER PRIMARY KEY, name TEXT, value REAL)");
        await db.batch(Array.from({ length: 100 }, (_, id) =>
          db.prepare("INSERT INTO entries VALUES (?, ?, ?)").bind(id, "name " + id, id / 2)));
        return new Response("created");
      }
      ${body}
    },
  };`;
  // Miniflare 2 does not bind the first name, and says so on the console.
  const { warn } = console;
  console.warn = () => {};
  try {
    return await withInstance(Miniflare, { script, d1Databases: NAMES }, async (mf) => {
      await mf.dispatchFetch("http://localhost/create");
      return use(mf);
    });
  } finally {
    console.warn = warn;
  }
}
