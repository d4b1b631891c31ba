/**
 * The Docker engine behind a narrow door: every call has a deadline, and each failure is a sentence. Compose and the builds
 * go to the same engine, whatever the CLI's current context is.
 */
import { execFile } from 'node:child_process';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import Docker from 'dockerode';
import { z } from 'zod';
import { type EngineError, engineError, slowEngine } from './engine-error.ts';
import { labels } from './layout.ts';
import { tarOfEmptyFile } from './tar.ts';

const callLimitMs = 20_000;
const pullLimitMs = 300_000;

export interface LabContainer {
  readonly id: string;
  readonly name: string;
  /** The replica that it runs; undefined for Toxiproxy. */
  readonly node: string | undefined;
  readonly service: string;
  readonly project: string;
  readonly state: string;
  readonly labels: Labels;
  /** Published ports: from the container's to the one on this machine. */
  readonly ports: ReadonlyMap<number, number>;
}

export type Labels = Readonly<Record<string, string>>;

/** A network or a volume, with what the engine removes it by. */
export interface Labelled {
  readonly name: string;
  readonly id: string;
  readonly labels: Labels;
}

export interface Image {
  readonly id: string;
  readonly labels: Labels;
}

const imageCodes = { statusCodes: { 200: true, 404: 'no such image', 500: 'server error' } } as const;
const imageSchema = z.object({
  Id: z.string(),
  Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }).nullish(),
});

/** Tells each call when to give up. */
interface Bounded {
  readonly abortSignal: AbortSignal;
}

export class Engine {
  readonly #docker: Docker;
  #version = '';

  private constructor(docker: Docker) {
    this.#docker = docker;
  }

  /**
   * The engine of DOCKER_HOST, or of the CLI's current context where that is a socket of this machine: ports are
   * published on 127.0.0.1, and a lab elsewhere could not be reached.
   *
   * @throws EnvironmentError where it does not answer
   */
  static async open(): Promise<Engine> {
    // For Compose and the builds, too: what one brings up, the other must find.
    const host = process.env['DOCKER_HOST'] || (await contextHost());
    if (host !== null) process.env['DOCKER_HOST'] = host;
    try {
      const engine = new Engine(new Docker());
      engine.#version = await engine.#askVersion();
      return engine;
    } catch (error) {
      throw engineError(error);
    }
  }

  /** As it said when it was opened. */
  get version(): string {
    return this.#version;
  }

  async #askVersion(): Promise<string> {
    // The declared type knows no options; the function takes them.
    const { version } = this.#docker as { version: (limit: Bounded) => Promise<{ readonly Version: string }> };
    return (await this.#call((limit) => version.call(this.#docker, limit))).Version;
  }

  /** An image that is on this engine; null where it is not. */
  async image(name: string): Promise<Image | null> {
    // Dialled by hand: the library's own call takes no signal, and a call left open keeps the process from ending.
    const path = `/images/${name}/json`;
    const found = await this.#missing((limit) => this.#dial({ path, method: 'GET', ...imageCodes, ...limit }));
    if (found === null) return null;
    const { Id, Config } = imageSchema.parse(found);
    return { id: Id, labels: Config?.Labels ?? {} };
  }

  listImages(label: string) {
    return this.#call((limit) => this.#docker.listImages({ filters: { label: [label] }, ...limit }));
  }

  async removeImage(name: string): Promise<void> {
    await this.#missing((limit) => this.#docker.getImage(name).remove(limit));
  }

  /** Takes an image from its registry. */
  async pull(name: string, signal: AbortSignal): Promise<void> {
    await this.#call(async ({ abortSignal }) => {
      const progress = await this.#docker.pull(name, { abortSignal: AbortSignal.any([abortSignal, signal]) });
      await new Promise<void>((resolve, reject) => {
        this.#docker.modem.followProgress(progress, (error) => (error === null ? resolve() : reject(error)));
      });
    }, pullLimitMs);
  }

  /** The containers of a lab; of every lab where no project is named. */
  containers(project?: string): Promise<LabContainer[]> {
    return this.#list({ label: [labelOf(project)] });
  }

  /** One container as it is now: its published ports are new with each start. Undefined where it is gone. */
  async container(id: string): Promise<LabContainer | undefined> {
    return (await this.#list({ id: [id] }))[0];
  }

  /** The networks of a lab; of every lab where no project is named. */
  async networks(project?: string): Promise<Labelled[]> {
    const filters = { label: [labelOf(project)] };
    const found = await this.#call((limit) => this.#docker.listNetworks({ filters, ...limit }));
    return found.map(({ Id, Name, Labels }) => ({ id: Id, name: Name, labels: Labels ?? {} }));
  }

  /** The volumes of a lab; of every lab where no project is named. */
  async volumes(project?: string): Promise<Labelled[]> {
    const filters = { label: [labelOf(project)] };
    const { Volumes } = await this.#call((limit) => this.#docker.listVolumes({ filters, ...limit }));
    return (Volumes ?? []).map(({ Name, Labels }) => ({ id: Name, name: Name, labels: Labels ?? {} }));
  }

  async createVolume(name: string, own: Labels): Promise<void> {
    await this.#call((limit) => this.#docker.createVolume({ Name: name, Labels: { ...own }, ...limit }));
  }

  async removeContainer(id: string): Promise<void> {
    await this.#missing((limit) => this.#docker.getContainer(id).remove({ force: true, v: true, ...limit }));
  }

  async removeNetwork(id: string): Promise<void> {
    await this.#missing((limit) => this.#docker.getNetwork(id).remove(limit));
  }

  async removeVolume(id: string): Promise<void> {
    await this.#missing((limit) => this.#docker.getVolume(id).remove(limit));
  }

  async connect(network: string, container: string): Promise<void> {
    await this.#call((limit) => this.#docker.getNetwork(network).connect({ Container: container, ...limit }));
  }

  async disconnect(network: string, container: string): Promise<void> {
    const options = { Container: container, Force: true };
    await this.#missing((limit) => this.#docker.getNetwork(network).disconnect({ ...options, ...limit }));
  }

  /** Null where there is no such container. */
  inspect(id: string) {
    return this.#missing((limit) => this.#docker.getContainer(id).inspect(limit));
  }

  /** Does nothing to one that runs. */
  async start(id: string): Promise<void> {
    await this.#unless([304], (limit) => this.#docker.getContainer(id).start(limit));
  }

  /** Does nothing to one that does not run. */
  async kill(id: string): Promise<void> {
    const options = { signal: 'SIGKILL' };
    await this.#unless([404, 409], (limit) => this.#docker.getContainer(id).kill({ ...options, ...limit }));
  }

  /** Does nothing to one that does not run, or is paused. */
  async pause(id: string): Promise<void> {
    await this.#unless([404, 409], (limit) => this.#docker.getContainer(id).pause(limit));
  }

  /** Of one that is paused. */
  unpause(id: string): Promise<unknown> {
    return this.#call((limit) => this.#docker.getContainer(id).unpause(limit));
  }

  /** Makes an empty file in a folder of a container, which need not run. */
  async putEmptyFile(id: string, folder: string, name: string): Promise<void> {
    const archive = tarOfEmptyFile(name);
    await this.#call((limit) => this.#docker.getContainer(id).putArchive(archive, { path: folder, ...limit }));
  }

  /** The last lines of a log, both streams in the engine's frames. */
  async log(id: string, lines: number): Promise<Buffer> {
    const options = { follow: false, stdout: true, stderr: true, tail: lines } as const;
    return (await this.#call((limit) => this.#docker.getContainer(id).logs({ ...options, ...limit }))) as Buffer;
  }

  /** What a container writes on stdout from a moment on, in milliseconds since the epoch; ends with the container. */
  async followLog(id: string, sinceMs: number, stdout: NodeJS.WritableStream): Promise<Readable> {
    const options = { follow: true, stdout: true, stderr: false, since: sinceMs / 1000 } as const;
    const stream = await this.#stream((limit) => this.#docker.getContainer(id).logs({ ...options, ...limit }));
    this.#docker.modem.demuxStream(stream, stdout, stdout);
    return stream;
  }

  /** What a container uses: a line of JSON a second. */
  followStats(id: string): Promise<Readable> {
    return this.#stream((limit) => this.#docker.getContainer(id).stats({ stream: true, ...limit }));
  }

  /** What happens to the containers of a lab: a line of JSON each. */
  followEvents(project: string): Promise<Readable> {
    const filters = JSON.stringify({ type: ['container'], label: [labelOf(project)] });
    return this.#stream((limit) => this.#docker.getEvents({ filters, ...limit }));
  }

  #dial(options: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#docker.modem.dial(options as Parameters<Docker['modem']['dial']>[0], (error, data) => {
        if (error) reject(error);
        else resolve(data);
      });
    });
  }

  async #list(filters: Record<string, string[]>): Promise<LabContainer[]> {
    const found = await this.#call((limit) => this.#docker.listContainers({ all: true, filters, ...limit }));
    return found.map(({ Id, Names, Labels, State, Ports }) => ({
      id: Id,
      name: Names[0]?.replace(/^\//, '') ?? Id,
      node: Labels[labels.node],
      service: Labels['com.docker.compose.service'] ?? '',
      project: Labels[labels.lab] ?? '',
      state: State,
      labels: Labels,
      ports: new Map(
        Ports.filter(({ PublicPort }) => PublicPort !== undefined).map(({ PrivatePort, PublicPort }) => [
          PrivatePort,
          PublicPort,
        ]),
      ),
    }));
  }

  async #call<T>(act: (limit: Bounded) => Promise<T>, limitMs = callLimitMs): Promise<T> {
    const abortSignal = AbortSignal.timeout(limitMs);
    try {
      return await Promise.race([act({ abortSignal }), rejectedBy(abortSignal)]);
    } catch (error) {
      throw abortSignal.aborted ? slowEngine(limitMs) : engineError(error);
    }
  }

  /** What is not there is null. */
  #missing<T>(act: (limit: Bounded) => Promise<T>): Promise<T | null> {
    return this.#unless([404], act);
  }

  /** Some of the engine's codes say that there was nothing to do: 304, and 409 where a state does not fit. */
  async #unless<T>(codes: readonly number[], act: (limit: Bounded) => Promise<T>): Promise<T | null> {
    try {
      return await this.#call(act);
    } catch (error) {
      if (codes.includes((error as EngineError).statusCode ?? 0)) return null;
      throw error;
    }
  }

  /** A stream may last; that it begins has a deadline. */
  async #stream(act: (limit: Bounded) => Promise<NodeJS.ReadableStream>): Promise<Readable> {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), callLimitMs);
    try {
      return (await act({ abortSignal: limit.signal })) as Readable;
    } catch (error) {
      throw limit.signal.aborted ? slowEngine(callLimitMs) : engineError(error);
    } finally {
      clearTimeout(timer);
    }
  }
}

const labelOf = (project?: string) => (project === undefined ? labels.lab : `${labels.lab}=${project}`);

function rejectedBy(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}

/** The engine of the CLI's current context; null where there is no CLI, or it says nothing. */
async function contextHost(): Promise<string | null> {
  try {
    const asked = ['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'];
    const { stdout } = await promisify(execFile)('docker', asked, { timeout: 5000, killSignal: 'SIGKILL' });
    const host = stdout.trim();
    return host.startsWith('unix://') ? host : null;
  } catch {
    return null;
  }
}
