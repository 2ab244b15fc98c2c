// A scheduled event, fired by the test instead of by a cron trigger: what the handler waits for comes back as an array.
import { Miniflare } from "miniflare-rs";

const mf = new Miniflare({
  modules: true,
  script: `
    export default {
      async scheduled(controller, env, ctx) {
        ctx.waitUntil(Promise.resolve(controller.scheduledTime));
        ctx.waitUntil(Promise.resolve(controller.cron));
        return "done";
      }
    }
  `,
});

const waitUntil = await mf.dispatchScheduled(1000, "30 * * * *");
console.log(waitUntil); // [ 1000, '30 * * * *', 'done' ]

await mf.dispose();
