/** XML as text: elements and their escaped contents. */

/** `<name>…</name>`; the content is XML already. */
export function element(name: string, ...content: readonly string[]): string {
  return `<${name}>${content.join('')}</${name.split(' ', 1)[0]}>`;
}

/** Text that stands for itself in XML and HTML. What XML cannot carry at all becomes U+FFFD. */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, (character) => ESCAPES[character] ?? '\ufffd');
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\t': '\t',
  '\n': '\n',
  '\r': '&#13;',
};

const UNSAFE = /[&<>"'\p{Cc}\p{Cs}\ufffe\uffff]/gu;
