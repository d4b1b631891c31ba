import { expect, test } from 'vitest';
import { Replies } from './replies.ts';

const seven = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7'];
const bytes = (text: string) => new TextEncoder().encode(text);

test('as many say something as say just that', () => {
  const replies = new Replies(seven);
  const said = [
    ['n1', 'right'],
    ['n2', 'lie'],
    ['n3', 'lie'],
    ['n4', 'right'],
    ['n7', 'right'],
    ['n5', 'righ'],
    ['n6', ''],
  ] as const;
  expect(said.map(([from, text]) => replies.take(from, bytes(text)))).toEqual([1, 1, 2, 2, 3, 1, 1]);
});

test('a replica has one voice, however often it says something, and a stranger has none', () => {
  const replies = new Replies(seven);
  for (let again = 0; again < 10; again += 1) {
    expect(replies.take('n1', bytes('x'))).toBe(1);
    expect(replies.take('a stranger', bytes('x'))).toBe(0);
    expect(replies.take(`stranger ${again}`, bytes('x'))).toBe(0);
  }
  expect(replies.take('n2', bytes('x'))).toBe(2);
});

test('what a replica says last is all that it says: registrations that were carried out twice come together', () => {
  const replies = new Replies(seven);
  const said = [
    ['n1', '5'],
    ['n2', '6'],
    ['n3', '5'],
    ['n1', '6'],
    ['n4', '5'],
    ['n5', '6'],
  ] as const;
  expect(said.map(([from, text]) => replies.take(from, bytes(text)))).toEqual([1, 1, 2, 2, 2, 3]);
});

test('so many may yet say the same as are silent, and as say the most common already; who refuses is not silent', () => {
  const replies = new Replies(['n1', 'n2', 'n3', 'n4']);
  expect(replies.attainable).toBe(4);
  replies.take('n1', bytes('a'));
  expect(replies.attainable).toBe(4);
  replies.take('n2', bytes('b'));
  expect(replies.attainable).toBe(3);
  replies.refuse('n3');
  replies.refuse('a stranger');
  expect(replies.attainable).toBe(2);
  // What it said before it has said.
  replies.refuse('n1');
  expect(replies.attainable).toBe(2);
  replies.take('n4', bytes('a'));
  expect(replies.attainable).toBe(2);
  replies.take('n3', bytes('a'));
  expect(replies.attainable).toBe(3);
});
