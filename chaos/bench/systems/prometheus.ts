/** Reads a page of Prometheus' text format. https://prometheus.io/docs/instrumenting/exposition_formats/ */

/** The samples of each metric, without their labels: the counters of a replica are summed over them. */
export type PrometheusPage = ReadonlyMap<string, readonly number[]>;

export function parsePrometheus(text: string): PrometheusPage {
  const page = new Map<string, number[]>();
  for (const line of text.split('\n')) {
    const match = /^([A-Za-z_:][\w:]*)(?:\{.*\})?\s+(\S+)(?:\s+\d+)?$/.exec(line);
    const name = match?.[1];
    if (name === undefined) continue;
    const samples = page.get(name) ?? [];
    samples.push(Number(match?.[2]));
    page.set(name, samples);
  }
  return page;
}

/** The sum of a metric over all of its labels; 0 where there is none. */
export function sumOf(page: PrometheusPage, name: string): number {
  return (page.get(name) ?? []).reduce((sum, value) => sum + value, 0);
}

/** As `sumOf`; null where there is no such metric. */
export function toldSumOf(page: PrometheusPage, name: string): number | null {
  return page.has(name) ? sumOf(page, name) : null;
}

/** @throws Error where the page does not come in time, or not with 200 */
export async function readPrometheus(url: string, timeoutMs: number): Promise<PrometheusPage> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return parsePrometheus(await response.text());
}
