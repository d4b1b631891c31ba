/** The thread of a SQLite database, as the event loop sees it. */
import { Worker } from 'node:worker_threads';
import type { SqliteAnswer, SqliteRequest } from './sqlite-messages.ts';

const isSource = import.meta.url.endsWith('.ts');
const workerUrl = new URL(`./sqlite-worker${isSource ? '.ts' : '.js'}`, import.meta.url);

/** A thread has loaders of its own: not those of the process, and so TypeScript needs one more. */
function startWorker(): Worker {
  if (!isSource) return new Worker(workerUrl);
  const [loader, file] = [import.meta.resolve('tsx/esm/api'), workerUrl.href].map((url) => JSON.stringify(url));
  return new Worker(`import(${loader}).then(({ tsImport }) => tsImport(${file}, ${file}))`, { eval: true });
}

interface Waiting {
  readonly resolve: (answer: SqliteAnswer) => void;
  readonly reject: (error: Error) => void;
}

export class SqliteThread {
  readonly #worker = startWorker();
  /** In the order in which they were asked, which is that of the answers. */
  #waiting: Waiting[] = [];
  #failure: Error | undefined;
  readonly #ended: Promise<void>;

  constructor() {
    this.#worker.on('message', (answer: SqliteAnswer) => this.#take(answer));
    this.#worker.on('error', (error) => this.#fail(error));
    this.#ended = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        this.#fail(new Error(`the thread of SQLite has ended with code ${code}`));
        resolve();
      });
    });
  }

  /** Rejects with what SQLite says, or why the thread has ended. */
  ask(request: SqliteRequest): Promise<SqliteAnswer> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(request);
    });
  }

  /** Closes the database after all that was asked. */
  async close(): Promise<void> {
    if (this.#failure === undefined) this.#worker.postMessage({ type: 'close' } satisfies SqliteRequest);
    await this.#ended;
  }

  #take(answer: SqliteAnswer): void {
    const waiting = this.#waiting.shift();
    const { error } = answer;
    if (error === undefined) waiting?.resolve(answer);
    else waiting?.reject(Object.assign(new Error(error.message), { code: error.code }));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }
}
