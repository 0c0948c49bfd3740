/** Something that this machine lacks: no virtual machine can run here. The message says what, and how to get it. */
export class Missing extends Error {
  override readonly name = 'Missing';
}
