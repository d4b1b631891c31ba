/** A proxy in front of one address, for tests: holds all bytes both ways, delays them, or breaks off, as a fault would. */
import { connect, createServer, type Server, type Socket } from 'node:net';

export class TcpLink {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #waiting: (() => void)[] = [];
  #held = false;
  /** How much later each chunk is passed on, in milliseconds. */
  delayMs = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens on a free port; `target` is asked at each connection. */
  static async open(target: () => string): Promise<{ readonly link: TcpLink; readonly address: string }> {
    const server = createServer();
    const link = new TcpLink(server);
    server.on('connection', (near) => link.#join(near, target()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const bound = server.address();
    if (typeof bound !== 'object' || bound === null) throw new Error('no address');
    return { link, address: `127.0.0.1:${bound.port}` };
  }

  hold(): void {
    this.#held = true;
  }

  /** Passes on what was held. */
  release(): void {
    this.#held = false;
    for (const pass of this.#waiting.splice(0)) pass();
  }

  breakOff(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.breakOff();
    this.#server.close();
  }

  #join(near: Socket, target: string): void {
    const at = target.lastIndexOf(':');
    const far = connect(Number(target.slice(at + 1)), target.slice(0, at));
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.on('data', (chunk) => this.#pass(() => to.write(chunk)));
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.on('error', () => {});
    }
  }

  #pass(write: () => void): void {
    if (this.delayMs > 0) setTimeout(() => this.#passOrHold(write), this.delayMs);
    else this.#passOrHold(write);
  }

  #passOrHold(write: () => void): void {
    if (this.#held) this.#waiting.push(write);
    else write();
  }
}
