/** Puts the report of a run together. */
import type { ReportInput } from '../../contracts/report.ts';
import type { Conviction } from '../../evidence.ts';
import { protocolInWords } from '../../words.ts';
import { readAssets, runAssets } from './assets.ts';
import { chartData } from './chart-data.ts';
import { chartSection, heroSection } from './charts.ts';
import { convictionsSection } from './convictions.ts';
import { counterExampleSection } from './counter-example.ts';
import { checksSection, provenanceSection, strikesSection } from './details.ts';
import { renderDocument } from './document.ts';
import { masthead, verdictBanner } from './header.ts';
import { tiles } from './tiles.ts';

/** The whole page; `epochName` is what the protocol calls an epoch. */
export function renderPage(input: ReportInput, epochName: string, convictions: readonly Conviction[] = []): string {
  const { plan } = input.recording;
  const data = chartData(input, epochName);
  const counterExamples = counterExampleSection(input);
  return renderDocument(
    {
      title: `${input.verdict.outcome}: ${plan.experimentName}, ${protocolInWords(plan)}, seed ${plan.seed}`,
      skipTo: 'verdict',
      header: masthead(input),
      main: [
        verdictBanner(input),
        tiles(input, epochName),
        heroSection(data),
        ...(counterExamples === null ? [] : [counterExamples]),
        checksSection(input),
        ...(convictions.length === 0 ? [] : [convictionsSection(convictions)]),
        chartSection(data),
        strikesSection(input),
        provenanceSection(input, data),
      ],
      data: data.drawn,
    },
    readAssets(runAssets),
  );
}
