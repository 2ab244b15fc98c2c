// Tags: oracle, every-node
// Certificates that a server signs itself, for the option `https`.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import https from "node:https";
import os from "node:os";
import path from "node:path";
import { RecordingLog } from "../support/log.mjs";
import { create, differs } from "../support/miniflare.mjs";
import { folder } from "../support/files.mjs";
import { start } from "../support/http-server.mjs";
import { test } from "../support/test.mjs";

const script = `export default { fetch: (request) => new Response(request.url) };`;
const DAY = 86_400_000;
const GENERATING = "Generating new self-signed certificate...";

const filesOf = (place) => ({ key: path.join(place, "key.pem"), cert: path.join(place, "cert.pem") });

/** The body of a page, got by a client that trusts the certificate alone. */
function getTrusting(ca, port, host) {
  return new Promise((resolve, reject) => {
    const options = { port, host, ca, agent: false };
    https
      .get(options, async (response) => {
        let body = "";
        for await (const chunk of response) body += chunk;
        resolve(body);
      })
      .on("error", reject);
  });
}

test("is made, with its folder, and valid for this machine", differs("its key can be read by all"), async (t) => {
  const place = path.join(folder(t), "not", "there");
  const log = new RecordingLog();
  const before = Date.now();
  const { port } = await start(t, { script, https: place, log });
  const after = Date.now();
  const { key, cert } = filesOf(place);
  const ca = readFileSync(cert);
  assert.ok(log.having("[mf:inf] ").includes(GENERATING));
  assert.equal(await getTrusting(ca, port, "127.0.0.1"), `https://127.0.0.1:${port}/`);

  assert.match(readFileSync(key, "utf8"), /^-----BEGIN RSA PRIVATE KEY-----\n/);
  const { subject, issuer, ca: isAuthority, subjectAltName, validFrom, validTo, publicKey } = new X509Certificate(ca);
  assert.deepEqual([subject, issuer, isAuthority], ["CN=localhost", "CN=localhost", true]);
  assert.deepEqual(publicKey.asymmetricKeyDetails.modulusLength, 2048);
  const from = Date.parse(validFrom);
  assert.ok(from > before - 1000 && from <= after, validFrom);
  assert.equal(Date.parse(validTo) - from, 30 * DAY);
  const names = subjectAltName.split(", ");
  assert.equal(names[0], "DNS:localhost");
  const interfaces = Object.values(os.networkInterfaces()).flat();
  for (const { address, family } of interfaces)
    if (family === "IPv4") assert.ok(names.includes(`IP Address:${address}`), address);
});

test("has a key that only its owner can read", differs("everybody can read it"), async (t) => {
  const place = folder(t);
  const { key } = filesOf(place);
  writeFileSync(key, "old", { mode: 0o644 });
  await start(t, { script, https: place });
  assert.equal(statSync(key).mode & 0o777, 0o600);
});

test("is used again while it is young", async (t) => {
  const place = folder(t);
  await start(t, { script, https: place });
  const { key, cert } = filesOf(place);
  const texts = [key, cert].map((file) => readFileSync(file, "utf8"));
  const log = new RecordingLog();
  const age = (file, days) => utimesSync(file, new Date(), new Date(Date.now() - days * DAY));
  age(key, 40);
  age(cert, 27);
  await start(t, { script, https: place, log });
  assert.ok(!log.having("[mf:inf] ").includes(GENERATING));
  assert.deepEqual(
    [key, cert].map((file) => readFileSync(file, "utf8")),
    texts,
  );

  age(cert, 29);
  const { port } = await start(t, { script, https: place, log });
  assert.ok(log.having("[mf:inf] ").includes(GENERATING));
  const renewed = readFileSync(cert);
  assert.notEqual(renewed.toString(), texts[1]);
  assert.equal(await getTrusting(renewed, port, "127.0.0.1"), `https://127.0.0.1:${port}/`);
});

test("is in .mf/cert of the working folder by default", async (t) => {
  const cwd = folder(t);
  const code = `
    import { Miniflare } from ${JSON.stringify(new URL("../../index.mjs", import.meta.url).href)};
    const mf = new Miniflare({ script: ${JSON.stringify(script)}, modules: true, https: true, host: "127.0.0.1", port: 0 });
    await mf.startServer();
    await mf.dispose();`;
  execFileSync(process.execPath, ["--input-type=module", "--eval", code], { cwd, timeout: 120_000 });
  const { key, cert } = filesOf(path.join(cwd, ".mf", "cert"));
  assert.match(readFileSync(key, "utf8"), /RSA PRIVATE KEY/);
  assert.equal(new X509Certificate(readFileSync(cert)).subject, "CN=localhost");
});

test("that cannot be stored is an error that names the folder", differs("Node's error"), async (t) => {
  const place = path.join(folder(t), "file");
  writeFileSync(place, "not a folder");
  const mf = create(t, { script, https: path.join(place, "cert"), port: 0 });
  await assert.rejects(mf.startServer(), (error) => {
    assert.equal(error.code, "ERR_CERTIFICATE");
    assert.ok(error.message.includes(path.join(place, "cert")), error.message);
    assert.equal(error.cause.code, "ENOTDIR");
    return true;
  });
});
