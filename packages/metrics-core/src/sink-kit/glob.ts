/**
 * Whether a text matches a pattern, in which `*` stands for any characters and `?` for one. Takes at most
 * as many steps as the product of both lengths, whatever they are.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  let [at, inText] = [0, 0];
  /** Where the last star is, and up to where it reaches so far. */
  let [star, reach] = [-1, 0];
  while (inText < text.length) {
    if (pattern[at] === "*") [star, reach] = [at++, inText];
    else if (pattern[at] === "?" || pattern[at] === text[inText])
      [at, inText] = [at + 1, inText + 1];
    else if (star >= 0) [at, inText] = [star + 1, ++reach];
    else return false;
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}
