/* The chart as the page shows it: drawn ahead of time, and what is needed to light it up. */

export interface LiveChart {
  /** Id of the outermost state. */
  readonly root: string;
  /** In document order. */
  readonly states: readonly {
    readonly id: string;
    readonly key: string;
    readonly parent: string | null;
    readonly kind: string;
    readonly description: string;
    readonly invokes: readonly string[];
  }[];
  readonly transitions: readonly {
    readonly id: string;
    readonly source: string;
    /** Null: it acts, and the state stays. */
    readonly target: string | null;
    readonly guard: string | null;
    readonly text: string;
  }[];
  /** What each guard means. */
  readonly guards: Readonly<Record<string, string>>;
  readonly figures: readonly LiveFigure[];
}

export interface LiveFigure {
  /** `whole`, or the state whose inside it shows. */
  readonly id: string;
  readonly title: string;
  /** In pixels, as drawn. */
  readonly width: number;
  /** States and arrows carry their ids as `data-state`, `data-arrow` and `data-label`. */
  readonly svg: string;
  readonly arrows: readonly {
    readonly id: string;
    /** The transitions that the arrow stands for, each with its line of the label, or -1. */
    readonly lines: Readonly<Record<string, number>>;
  }[];
}
