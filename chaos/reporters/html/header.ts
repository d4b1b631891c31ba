/** What a reader sees first: what was run, how it ended, and how to run it again. */
import type { ReportInput } from '../../contracts.ts';
import { outcomeMeaning, violationExpected } from '../shared/format.ts';
import { type Html, html } from './escape.ts';
import { outcomeIcon, outcomeTone } from './icons.ts';

/** A button that copies a command; without JavaScript the command itself stands at the end of the page. */
function copyButton(label: string, command: string): Html {
  return html`<button type="button" class="button" data-copy="${command}" title="${command}">${label}</button>`;
}

/** One line above everything: the run, and the buttons. */
export function masthead({ recording: { plan }, commands }: ReportInput): Html {
  const nodes = `${plan.nodes.length} ${plan.nodes.length === 1 ? 'node' : 'nodes'}`;
  const facts = [plan.protocol, nodes, plan.substrate, `seed ${plan.seed}`];
  const bug = plan.bug === undefined ? null : html`<li class="planted">planted bug: ${plan.bug}</li>`;
  return html`<header class="masthead">
<div><p class="brand">splitbrain</p><h1>${plan.experimentName}</h1></div>
<ul class="facts">${facts.map((fact) => html`<li>${fact}</li>`)}${bug}</ul>
<div class="actions">${copyButton('Copy replay command', commands.replay)}${copyButton('Copy run command', commands.run)}
<span class="copied" role="status"></span></div>
</header>`;
}

/** The verdict: icon, word, colour, sentence, and the question that it answers. */
export function verdictBanner(input: ReportInput): Html {
  const { verdict, recording } = input;
  const expected = violationExpected(input)
    ? html` <strong>The experiment expects a violation, so finding it is the pass.</strong>`
    : null;
  return html`<section class="verdict ${outcomeTone[verdict.outcome]}" id="verdict" aria-label="Verdict">
<div class="badge">${outcomeIcon(verdict.outcome)}</div>
<div class="words">
<p class="outcome"><strong>${verdict.outcome}</strong><span>${outcomeMeaning[verdict.outcome]}</span></p>
<p class="sentence">${verdict.sentence}</p>
<p class="question"><span class="label">Question</span> ${recording.plan.experiment.question}${expected}</p>
</div>
</section>`;
}
