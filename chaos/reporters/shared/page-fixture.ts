/** Takes a rendered report apart. For tests. */
import { createHash } from 'node:crypto';
import { expect } from 'vitest';

/** A page in its parts. */
export interface ParsedPage {
  readonly policy: string;
  readonly scripts: readonly string[];
  readonly styles: readonly string[];
  readonly data: string;
  /** The page without the contents of scripts and styles. */
  readonly markup: string;
}

/** Takes a rendered report apart. */
export function parse(page: string): ParsedPage {
  const [scripts, styles, data]: string[][] = [[], [], []];
  const markup = page
    .replace(/<script type="application\/json" id="data">([\s\S]*?)<\/script>/g, (_, content: string) => {
      data?.push(content);
      return '';
    })
    .replace(/<script(?: type="module")?>([\s\S]*?)<\/script>/g, (_, content: string) => {
      scripts?.push(content);
      return '';
    })
    .replace(/<style>([\s\S]*?)<\/style>/g, (_, content: string) => {
      styles?.push(content);
      return '';
    });
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(markup)?.[1] ?? '';
  return {
    policy: policy.replaceAll('&#39;', "'"),
    scripts: scripts ?? [],
    styles: styles ?? [],
    data: data?.join('') ?? '',
    markup,
  };
}

/** The hash of a script or a style as the policy of a page names it. */
export const hash = (content: string) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`;

/** The tags of the page with their attributes; throws where markup is not what the templates write. */
export function tagsOf(markup: string): { name: string; attributes: [string, string][] }[] {
  const tags: { name: string; attributes: [string, string][] }[] = [];
  const rest = markup.replace(
    /<\/?([a-z][a-z0-9]*)((?:\s+[a-zA-Z-]+(?:="[^"<>]*")?)*)\s*\/?>/gi,
    (_, name: string, attributes: string) => {
      const pairs = [...attributes.matchAll(/([a-zA-Z-]+)(?:="([^"]*)")?/g)];
      tags.push({ name, attributes: pairs.map(([, key, value]) => [key ?? '', value ?? '']) });
      return '';
    },
  );
  expect(rest.replace('<!doctype html>', '')).not.toMatch(/[<>]/);
  return tags;
}
