/** The real file system for the log, with every sync, and every write that is one, timed. */
import { nodeFiles, type WalFile, type WalFiles } from './wal/files.ts';

function timed(file: WalFile, took: (seconds: number) => void): WalFile {
  return {
    bytes: () => file.bytes(),
    read: (into, at) => file.read(into, at),
    write: (pieces, at) => file.write(pieces, at),
    writeDurably: async (pieces, at) => {
      const startMs = performance.now();
      const count = await file.writeDurably(pieces, at);
      took((performance.now() - startMs) / 1000);
      return count;
    },
    sync: async () => {
      const startMs = performance.now();
      await file.sync();
      took((performance.now() - startMs) / 1000);
    },
    close: () => file.close(),
  };
}

/** @param took - told after each sync that succeeded */
export function timedFiles(took: (seconds: number) => void): WalFiles {
  return {
    ...nodeFiles,
    open: async (path) => timed(await nodeFiles.open(path), took),
    create: async (path) => timed(await nodeFiles.create(path), took),
  };
}
