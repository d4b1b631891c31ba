/** What turns a record and its verdict into files. */
import type { Recording } from './events.ts';
import type { Verdict } from './verdict.ts';

/** Where the run came from; part of `result.json`. */
export interface Provenance {
  readonly splitbrainVersion: string;
  readonly commit: string | null;
  readonly nodeVersion: string;
  readonly platform: string;
  readonly startedAt: string;
  readonly wallMs: number;
}

export interface ReportInput {
  readonly recording: Recording;
  readonly verdict: Verdict;
  readonly provenance: Provenance;
  readonly commands: { readonly replay: string; readonly run: string };
}

/** A file as a value: only the command line writes. */
export interface ReportFile {
  readonly name: string;
  readonly content: string;
}

/** The default export of `reporters/<name>.ts`. */
export interface Reporter {
  readonly summary: string;
  readonly render: (input: ReportInput) => Promise<ReportFile[]> | ReportFile[];
}
