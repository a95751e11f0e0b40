// The Observatory's score of a site on this machine: node run.mjs HOST HTTP_PORT HTTPS_PORT. Prints JSON.
//
// The scanner itself is used as it is. It knows names and the usual ports alone, so connections to HOST are led to the
// ports of this machine, as a hosts file and a port forwarding would. Its list of preloaded names is not in its package,
// and comes from the network when it is installed; the one entry written here is in that list: the whole of .dev.
import { mkdirSync, writeFileSync } from "node:fs";
import net from "node:net";
import { fileURLToPath } from "node:url";

const [host, http, https] = process.argv.slice(2);
const ports = { 80: Number(http), 443: Number(https) };
const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function led(...connectArguments) {
  const options = Array.isArray(connectArguments[0]) ? connectArguments[0][0] : connectArguments[0];
  if (options?.host === host) {
    options.port = ports[options.port];
    options.host = "127.0.0.1";
  }
  return connect.apply(this, connectArguments);
};

const scanner = import.meta.resolve("@mdn/mdn-http-observatory");
const list = new URL("../conf/hsts-preload.json", scanner);
mkdirSync(fileURLToPath(new URL(".", list)), { recursive: true });
writeFileSync(list, JSON.stringify({ dev: { mode: "force-https", includeSubDomains: true } }));

const { scan } = await import(scanner);
const report = await scan(host);
const tests = Object.entries(report.tests).map(([name, { result, scoreModifier }]) => [name, { result, scoreModifier }]);
console.log(JSON.stringify({ score: report.scan.score, grade: report.scan.grade, tests: Object.fromEntries(tests) }));
