// A guacamole-lite server for the bench: guacd at 127.0.0.1:<first argument>; tells where it listens and the
// token that opens a desktop.

import { once } from "node:events";
import http from "node:http";
import { createRequire } from "node:module";

const load = createRequire(import.meta.url);
const GuacamoleLite = load("guacamole-lite");
const Crypt = load("guacamole-lite/lib/Crypt.js");

const crypt = { cypher: "AES-256-CBC", key: "a key of thirty-two characters !" };
const token = new Crypt(crypt.cypher, crypt.key).encrypt({
  connection: { type: "vnc", settings: { hostname: "127.0.0.1", port: "5900" } },
});

const server = http.createServer();
server.listen(0, "127.0.0.1");
await once(server, "listening");

const announce = console.log;
console.log = () => {}; // it tells of every connection
new GuacamoleLite(
  { server },
  { host: "127.0.0.1", port: Number(process.argv[2]) },
  // The bench's viewers say little.
  { crypt, log: { level: "ERRORS" }, maxInactivityTime: 0 },
);
process.removeAllListeners("SIGTERM"); // its own waits for ever
announce(JSON.stringify({ port: server.address().port, token }));
