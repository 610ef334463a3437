/** What came cannot be read; the message is a sentence for the person who looks after the source. */
export class Unreadable extends Error {}
