import { Tunnel } from "@glokon/guacamole-common-js";
import { beforeEach, expect, test, vi } from "vitest";
import vectors from "../../../tests/codecs/guac/guac-vectors.json";
import { FakeSocket } from "../testing/fakeSocket";
import { SocketTunnel } from "./guacamoleTunnel";

const WHO = "0.,36.12345678-1234-1234-1234-123456789abc;";

let socket: FakeSocket;
let tunnel: SocketTunnel;
let heard: string[][];
const onBroken = vi.fn();

beforeEach(() => {
  socket = new FakeSocket();
  onBroken.mockReset();
  tunnel = new SocketTunnel(socket, onBroken);
  heard = [];
  tunnel.oninstruction = (opcode, parameters) => {
    heard.push([opcode, ...parameters]);
  };
  tunnel.connect("");
});

test("nothing is sent before the gateway has said who we are", () => {
  tunnel.sendMessage("key", 65, 1);
  expect(socket.sent).toEqual([]);
  socket.receive(WHO);
  expect(tunnel.uuid).toBe("12345678-1234-1234-1234-123456789abc");
  tunnel.sendMessage("key", 65, 1);
  expect(socket.sent).toEqual(["3.key,2.65,1.1;"]);
  expect(heard).toEqual([]);
});

test("pings are the tunnel's own business", () => {
  socket.receive(`${WHO}0.,4.ping,3.123;3.nop;`);
  expect(heard).toEqual([["nop"]]);
});

test("lengths count code points in both directions", () => {
  socket.receive(WHO);
  tunnel.sendMessage("name", "𝄞a🧪");
  expect(socket.sent).toEqual(["4.name,3.𝄞a🧪;"]);
  socket.receive("4.name,3.𝄞a🧪;4.sync,1.7;");
  expect(heard).toEqual([
    ["name", "𝄞a🧪"],
    ["sync", "7"],
  ]);
});

interface Vector {
  readonly name: string;
  readonly wire?: string;
  readonly status: string;
  readonly instructions?: readonly (readonly string[])[];
}

// The gateway's own vectors; an opcode that is empty is the tunnel's.
const readable = (vectors as readonly Vector[]).flatMap(({ name, wire, status, instructions = [] }) =>
  wire !== undefined && status === "ok" && instructions.every(([opcode]) => opcode !== "")
    ? [{ name, wire, instructions }]
    : [],
);

test.each(readable)("reads: $name", ({ wire, instructions }) => {
  socket.receive(WHO + wire);
  expect(heard).toEqual(instructions);
  heard = [];
  for (const character of wire) socket.receive(character);
  expect(heard).toEqual(instructions);
  expect(onBroken).not.toHaveBeenCalled();
});

test("what is no instruction ends the connection, once", () => {
  socket.receive(`${WHO}x.nop;`);
  socket.receive("3.nop;");
  expect(socket.closed).toBe(true);
  expect(tunnel.state).toBe(Tunnel.State.CLOSED);
  expect(onBroken).toHaveBeenCalledTimes(1);
  expect(heard).toEqual([]);
});

test("after the end nothing is sent", () => {
  socket.receive(WHO);
  socket.end(1011, "519");
  tunnel.sendMessage("nop");
  expect(socket.sent).toEqual([]);
});
