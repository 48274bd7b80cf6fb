// Package moderate holds the gates that review asks: PromptRules for texts and PictureGate for
// pictures; and Terms, which find words of closed lists in answers, read as the rules read.
//
// It promises that a rule is found behind look-alike letters, zero-width characters, spacing,
// leetspeak, repeated letters and traditional characters, in English and Chinese; that a text in
// a language it cannot read is refused rather than passed; that a rewrite is the same every time;
// and that a block list it was told to use but cannot read stops everything. It never calls
// anyone, never logs or keeps a text or a picture, and never lets a doubt pass as a yes.
package moderate
