// What the modules share, for the TypeScript compiler only: it checks their JSDoc in the tests.

type Language = string;

interface Words {
  [key: string]: string;
}

/** Put in by the server when it joins the modules: the post's own names and the widget's words. */
declare const POST: {
  words: Record<Language, Words>;
  longest: number;
};

/** Put in by the server: the style sheet. */
declare const CSS_TEXT: string;

interface HTMLElementTagNameMap {
  "embassy-chat": HTMLElement;
}

interface Contact {
  kind: string;
  value: string;
}

/** Null where it was taken back, 0 for down where the reason was sent: it equals false, so the thumb looks the same. */
type Thumb = boolean | 0 | null | undefined;

interface Reply {
  text: string;
  buttons?: { title: string; payload: string }[];
  custom: {
    kind: string;
    language: Language;
    contacts?: Contact[];
    source?: { title: string; url: string; checked?: string; language?: string };
  };
}

/** A message of the person with the replies to it; without replies and error it is still to be delivered. */
interface Turn {
  id: string;
  text: string;
  at: number;
  language: Language;
  replies?: Reply[];
  /** When they came. */
  told?: number;
  thumbs?: Record<number, Thumb>;
  error?: string;
}

/** Something that the server must be told; kept until it has been. */
interface Job {
  id: string;
  at: number;
  path: string;
  body: { metadata?: { language: Language; message_id?: string }; [name: string]: unknown };
}

/** All that is kept in the browser. */
interface State {
  sender?: string;
  language?: Language;
  open?: boolean;
  /** Replies that came while the chat was closed. */
  unread?: number;
  turns: Turn[];
  jobs: Job[];
}

/** What came of a request: an answer, a refusal for good, or "again later" (after so many milliseconds). */
interface Outcome {
  data?: any;
  refused?: string;
  later?: number;
  notice?: string;
}

interface SpeechRecognition extends EventTarget {
  lang: string;
  interimResults: boolean;
  onresult: ((event: { results: Iterable<ArrayLike<{ transcript: string }>> }) => void) | null;
  onend: (() => void) | null;
  onerror: ((event: { error: string }) => void) | null;
  start(): void;
  abort(): void;
  stop(): void;
}

interface Window {
  SpeechRecognition?: new () => SpeechRecognition;
  webkitSpeechRecognition?: new () => SpeechRecognition;
}
