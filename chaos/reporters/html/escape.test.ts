import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { embedJson, escapeHtml, Html, html } from './escape.ts';

describe('html', () => {
  it('escapes values, and leaves markup that it made', () => {
    const inner = html`<b title="${'"x"'}">${'<i>'}</b>`;
    expect(inner.text).toBe('<b title="&quot;x&quot;">&lt;i&gt;</b>');
    expect(html`<p>${inner}${[inner, inner]}${null}${3}</p>`.text).toBe(`<p>${inner.text.repeat(3)}3</p>`);
  });

  it('cannot be fooled by an object that looks like markup', () => {
    const fake = JSON.parse('{"text":"<img>"}');
    expect(fake instanceof Html).toBe(false);
    expect(() => html`${fake}`.text).toThrow();
  });

  it('leaves no character that means something to a parser', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(escapeHtml(text).replace(/&(?:amp|lt|gt|quot|#39|#96);/g, '')).not.toMatch(/[<>"'`&]/);
      }),
    );
  });
});

describe('embedJson', () => {
  it('is the same value for a parser of JSON, and ends no element and no line', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { text } = embedJson({ value, trap: '</script><!--&\u2028\u2029' });
        expect(text).not.toMatch(/[<>&\u2028\u2029]/);
        expect(JSON.parse(text).value).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
