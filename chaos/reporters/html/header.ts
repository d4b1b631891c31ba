/** What a reader sees first: what was done, how it ended, and how to do it again. */
import type { ReportInput } from '../../contracts/report.ts';
import { maliciousNodes } from '../../malice.ts';
import { protocolInWords } from '../../words.ts';
import { outcomeMeaning, violationExpected } from '../shared/format.ts';
import { type Html, html } from './escape.ts';
import { outcomeIcon, outcomeTone } from './icons.ts';

/** A button that copies a command; without JavaScript the command itself stands at the end of the page. */
function copyButton(label: string, command: string): Html {
  return html`<button type="button" class="button" data-copy="${command}" title="${command}">${label}</button>`;
}

export interface Masthead {
  readonly title: string;
  readonly facts: readonly string[];
  /** Facts that must not be overlooked, as items of the list. */
  readonly marked?: Html | null;
  /** The label of each button, and the command that it copies. */
  readonly commands: readonly (readonly [string, string])[];
}

/** One line above everything: what this is about, and the buttons. */
export function mastheadOf({ title, facts, marked = null, commands }: Masthead): Html {
  return html`<header class="masthead">
<div><p class="brand">splitbrain</p><h1>${title}</h1></div>
<ul class="facts">${facts.map((fact) => html`<li>${fact}</li>`)}${marked}</ul>
<div class="actions">${commands.map(([label, command]) => copyButton(label, command))}
<span class="copied" role="status"></span></div>
</header>`;
}

/** The masthead of a run. */
export function masthead({ recording, commands }: ReportInput): Html {
  const { plan } = recording;
  const malicious = [...maliciousNodes(recording)].sort();
  const marks = [
    ...(plan.bug === undefined ? [] : [`planted bug: ${plan.bug}`]),
    ...(malicious.length === 0 ? [] : [`malicious: ${malicious.join(', ')}`]),
  ];
  const nodes = `${plan.nodes.length} ${plan.nodes.length === 1 ? 'node' : 'nodes'}`;
  const storage = plan.storage === undefined ? [] : [`log in ${plan.storage}`];
  return mastheadOf({
    title: plan.experimentName,
    facts: [protocolInWords(plan), ...storage, nodes, plan.substrate, `seed ${plan.seed}`],
    marked: html`${marks.map((mark) => html`<li class="planted">${mark}</li>`)}`,
    commands: [
      ['Copy replay command', commands.replay],
      ['Copy run command', commands.run],
    ],
  });
}

export interface Banner {
  /** The class that gives it its colours. */
  readonly tone: string;
  readonly icon: Html;
  readonly outcome: string;
  /** What the outcome means. */
  readonly meaning: string;
  readonly sentence: string;
  readonly below: Html;
}

/** A verdict: icon, word, colour and sentence. */
export function banner({ tone, icon, outcome, meaning, sentence, below }: Banner): Html {
  return html`<section class="verdict ${tone}" id="verdict" aria-label="Verdict">
<div class="badge">${icon}</div>
<div class="words">
<p class="outcome"><strong>${outcome}</strong><span>${meaning}</span></p>
<p class="sentence">${sentence}</p>
<p class="question">${below}</p>
</div>
</section>`;
}

/** The verdict of a run, and the question that it answers. */
export function verdictBanner(input: ReportInput): Html {
  const { verdict, recording } = input;
  const expected = violationExpected(input)
    ? html` <strong>The experiment expects a violation, so finding it is the pass.</strong>`
    : null;
  return banner({
    tone: outcomeTone[verdict.outcome],
    icon: outcomeIcon(verdict.outcome),
    outcome: verdict.outcome,
    meaning: outcomeMeaning[verdict.outcome],
    sentence: verdict.sentence,
    below: html`<span class="label">Question</span> ${recording.plan.experiment.question}${expected}`,
  });
}
