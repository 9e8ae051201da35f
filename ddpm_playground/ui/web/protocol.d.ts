// Written by `python -m ddpm_playground.ui.declarations` from ui/protocol/ and recipe.py: change those.

/** Every setting; see recipe.py. */
export interface Settings {
  tab: string;
  schedule: string;
  T: number;
  params: string;
  zero_snr: boolean;
  compare: string;
  t: number;
  digit: number;
  size: number;
  noise_seed: number;
  checkpoint: string;
  label: string;
  guidance: number;
  sampler: string;
  options: string;
  num_steps: number;
  spacing: string;
  strength: number;
  add_noise: boolean;
  clip_x_0: boolean;
  seed: number;
  num_images: number;
  from_forward: boolean;
  lab: string;
  lab_steps: string;
  lab_trained: string;
  lab_timesteps: string;
  lab_sigmas: string;
  chapter: string;
  levers: string;
  train: string;
  experiment: string;
  columns: string;
  branch: string;
  own_picture: string;
  nearest: string;
}

/** A text for the page to say: its key, and what fills its places; a value may be a note itself. */
export interface Note {
  key: string;
  values: Record<string, any>;
}

/** What a server function answers where it refuses: why, in the reader's language. */
export interface Problem {
  problem: string;
}

/**
 * What a server function answers that has to wait or work: ask again with the ticket; `place` go before.
 *
 * `progress` is how many steps are done, and how many there are, where the work tells; else empty.
 */
export interface Ticket {
  ticket: string;
  place: number;
  progress: number[];
}

/** A parameter of a schedule: its range, its slider's step, and its published value. */
export interface Param {
  low: number;
  high: number;
  step: number;
  published: number;
}

/** Every schedule's parameters, how many schedules fit beside each other, and the largest T. */
export interface ScheduleFacts {
  params: Record<string, Record<string, Param>>;
  most: number;
  most_T: number;
}

/** β_0…β_T of a schedule that core/formulas.js does not have. */
export interface Betas {
  betas: string;
}

/** Names of Gradio's own files. */
export interface KatexFiles {
  script: string;
  style: string;
}

/**
 * What the page knows from the start. A test's page may know less.
 *
 * rooms: tab → its folder of scripts.
 */
export interface Facts {
  defaults?: Record<string, any>;
  schedules?: ScheduleFacts;
  plotly?: string;
  katex?: KatexFiles | null;
  rooms?: Record<string, string>;
}

/** What schedule/curves.js starts from: empty figures by quantity. */
export interface CurvesStart {
  dashes: string[];
  few_steps: number;
  most_points: number;
  figures: Record<string, Record<string, any>>;
}

/** What schedule/filmstrip.js noises. */
export interface FilmstripPicture {
  digit: number;
  label: string;
  channels: number;
  height: number;
  width: number;
  x_0: string;
  eps: string;
  dashes: string[];
}

/** What forward/forward.js noises; `run` only makes each message another one. */
export interface ForwardPicture {
  run: number;
  shape: number[];
  x_0: string;
  eps: string;
  seed: number;
  caption: string;
  label: string;
}

/** All digits as one PNG in base64, 40 in a row, and the class of each as one character. */
export interface Digits {
  atlas: string;
  labels: string;
}

/**
 * The numbers of one step t → s; null where the sampler has no such number.
 *
 * own_sigma: whether σ is the network's own, another at each pixel; `sigmas` of the frames tell it.
 * earlier: of the x̂_0 of one step ago, of two, …; of ε̂ instead if earlier_eps.
 * measured: whether coef, earlier and sigma were found by taking the step.
 */
export interface StepNumbers {
  t: number;
  s: number;
  alpha_bar: number | null;
  snr: number | null;
  sigma: number | null;
  coef: [number, number, number] | null;
  line4: [number, number] | null;
  own_sigma?: boolean;
  earlier?: number[];
  earlier_eps?: boolean;
  measured?: boolean;
}

/**
 * What made a run.
 *
 * label: a class's name, "all" or "none"; "" of a network that knows no classes.
 * options: what a scheduler class is told besides, as "eta=0.5"; "" for nothing.
 * guidance: W, which says nothing where the network is told no class.
 */
export interface RunSettings {
  checkpoint: string;
  label: string;
  sampler: string;
  options: string;
  steps: number;
  guidance: number;
  seed: number;
}

/**
 * How latents z are shown: red, green and blue are W z + b, in −1…1.
 *
 * weights: W, of each channel what it adds to red, green and blue.
 * offset: b.
 * told: what map that is.
 */
export interface Colours {
  weights: number[][];
  offset: number[];
  told: Note;
}

/**
 * The first message of a run. One frame in `every` steps is kept, as a run may hold `every_mb` MB at most.
 *
 * shape: N, C and the H and W of the frames: of large pictures every `grain`-th row and column alone is kept.
 * asked: how many steps were asked for, of a whole chain; one that starts at a t below T takes its share of them.
 * colours: of latents.
 * decoder: the folder of what makes pictures of them; "" where nothing does.
 */
export interface Opening {
  run: string;
  badge: "live" | "recorded";
  note: Note | string;
  settings?: RunSettings;
  shape: number[];
  T: number;
  clip: boolean;
  eps_matches?: boolean;
  add_noise: boolean;
  planar: boolean;
  labels: string[];
  every: number;
  every_mb: number;
  grain?: number;
  steps: StepNumbers[];
  asked?: number;
  colours?: Colours;
  decoder?: string;
  frames: [number, string, string | null][];
  seconds_left: number | null;
  done: boolean;
  stopped: boolean;
  autoplay: boolean;
}

/**
 * Frames `before`… of a run, of which there are `total`; the last one also says how the run ended.
 *
 * sigmas: where the network says σ itself, of each step the number, and over the pixels σ's mean, least and most.
 * decoded: of latents, at some steps k, x̂_0 of the first pictures as an autoencoder decodes it, one beneath the other
 * in a data: URL; k, how many, and that.
 */
export interface Frames {
  run: string;
  before: number;
  total: number;
  frames: [number, string, string | null][];
  sigmas?: [number, number, number, number][];
  decoded?: [number, number, string][];
  at?: number;
  seconds_left?: number | null;
  done?: boolean;
  stopped?: boolean;
  problem?: string;
}

/** A run that is not begun: how many go before it, or null once it has been given up. */
export interface Waiting {
  run: string;
  place: number | null;
}

/** A run whose frames the server no longer has. */
export interface Gone {
  run: string;
  gone: true;
}

/** What the player asks for: frame `first` of a run, and those after it. */
export interface Missing {
  run: string;
  first: number;
}

/** A schedule beside which others are shown, β_0…β_T. */
export interface Reference {
  name: string;
  T: number;
  betas: string;
}

/** A schedule to begin with; the label is the key of a text, or stands as it is. */
export interface Example {
  label: string;
  text: string;
}

/** A group of them. */
export interface Examples {
  label: string;
  entries: Example[];
}

/** What lab/lab.js starts from. */
export interface LabStart {
  dashes: string[];
  most: number;
  few_steps: number;
  most_points: number;
  most_bytes: number;
  most_in_link: number;
  figures: Record<string, Record<string, any>>;
  shown: string[];
  references: Reference[];
  formats: string[];
  examples: Examples[];
}

/** A finding as the reader sees it; `idle`: there is nothing to do about it, `patched`: the config that cures it. */
export interface Card {
  code: string;
  severity: string;
  where: [number, number] | null;
  message: string;
  fix: string;
  reference: string;
  patch: Record<string, any> | null;
  patched: Record<string, any> | null;
  idle: boolean;
  steps: number | null;
}

/**
 */
export interface Visits {
  steps: number;
  class: string;
  t: number[];
  log_snr: (number | null)[];
}

/** What is said of a schedule. */
export interface Verdict {
  name: string;
  T: number;
  betas: string;
  config: Record<string, any>;
  read_as: string[];
  trained: Reference | null;
  sampling: Visits | null;
  findings: Card[];
}

/** The schedule under examination, as the lab announces it to what shows its consequences. */
export interface LabState {
  name: string;
  betas: string;
  config: Record<string, any>;
  T: number;
  findings: Card[];
  steps: string;
  trained: string;
}

/** A file. */
export interface Exported {
  name: string;
  text: string;
}

/** What lab/effects.js starts from; levels: log SNR of the first and the last picture of a row. */
export interface EffectsStart {
  dashes: string[];
  levels: [number, number];
  usual_limit: number;
  x_0: string;
  eps: string;
  channels: number;
  height: number;
  width: number;
  references: Reference[];
}

/** What a schedule does to training and sampling. */
export interface Effects {
  figures: Record<string, Record<string, any>>;
  steps: number;
}

/** What lab/clinic.js starts from: names of checkpoints, how many classes the digits have, how many pictures. */
export interface ClinicStart {
  names: string[];
  digits: number;
  most: number;
  fewest: number;
}

/** What pictures a network takes, and its classes; `needs_class`: it cannot be told none. */
export interface ClinicTakes {
  channels: number;
  height: number;
  width: number;
  classes: string[];
  needs_class: boolean;
}

/** What is said of a network; `worst`: a severity, or none; `more`: what can be folded away. */
export interface ClinicExamined {
  worst: string;
  verdict: string;
  cards: Card[];
  notes: string[];
  more: string[];
}

/** An examination of one network, or of two on the same pictures; the keys of figures are those of PANELS. */
export interface ClinicResult {
  said: string[];
  examined: ClinicExamined[];
  figures: Record<string, Record<string, any>>;
}

/** Pictures as the address of a PNG ("" if there are none), and what is told of them. */
export interface TrialRow {
  image: string;
  told: string;
}

/** Keys of the config that would show a finding. */
export interface TrialOffer {
  change: Record<string, any>;
  told: string;
}

/** The network under a schedule, then under its own. */
export interface TrialResult {
  rows: TrialRow[];
  said: string[];
  offer: TrialOffer | null;
}

/** TeX, line by line. */
export interface FormulaBlock {
  kind: "formula";
  lines: string[];
  note: Note | null;
}

/**
 * TeX of a quantity and of its value, and the symbol whose colour it has, or "".
 *
 * full: the value with all its digits, or "" where there are no more.
 */
export interface NumberRow {
  tex: string;
  value: string;
  full: string;
  symbol: string;
}

/** A ledger. */
export interface NumbersBlock {
  kind: "numbers";
  rows: NumberRow[];
}

/** (C,H,W) in [−1, 1], multiplied by `gain` before it is drawn; data is null where there is nothing yet. */
export interface Picture {
  symbol: string;
  title: string;
  data: string | null;
  shape: number[];
  gain: number;
  note: Note | null;
}

/** A row of pictures. */
export interface PicturesBlock {
  kind: "pictures";
  items: Picture[];
  note: Note | null;
  small: boolean;
  wide: boolean;
}

/** A plot. */
export interface PlotBlock {
  kind: "plot";
  figure: Record<string, any>;
  title: Note;
  note: Note | null;
}

/** The lines of an algorithm in TeX, one of them lit. */
export interface ListingBlock {
  kind: "listing";
  lines: string[];
  lit: number | null;
}

/** A paragraph. */
export interface RemarkBlock {
  kind: "remark";
  say: Note;
}

/** A line in TeX, and why it follows from the one before. */
export interface DerivationRow {
  tex: string;
  why: Note;
}

/** A derivation. */
export interface DerivationBlock {
  kind: "derivation";
  rows: DerivationRow[];
  note: Note | null;
}

/** Graphs of models; see ui/chapters/graphs.py. */
export interface DiagramBlock {
  kind: "diagram";
  graphs: Record<string, any>[];
  title: Note;
  note: Note | null;
}

/** The values of a chapter's levers by their keys. */
export interface ChapterAsked {
  chapter: string;
  values: Record<string, any>;
}

/** What a chapter shows; kept: how much of it was there from an earlier answer. */
export interface ChapterAnswer {
  blocks: Block[];
  answer: number;
  because: Note;
  in_effect: Record<string, number>;
  ms: number;
  kept: "none" | "some" | "all";
}

/** Where a lever can stand, ascending, and where it begins. */
export interface Stops {
  stops: number[];
  first: number;
}

/** The reader's own mixture: the numbers of a Gaussian by name and range, the first one, and how many may be. */
export interface OwnStart {
  parts: [number, number][];
  names: string[];
  first: string;
  most: number;
  reach: number;
}

/** What train/train.js starts from; sets: flat pairs within ±reach. */
export interface TrainStart {
  figures: Record<string, Record<string, any>>;
  data: string[];
  sets: Record<string, string>;
  levers: Record<string, Stops>;
  own: OwnStart;
  reach: number;
  schedules: string[];
  learning_rate: number;
  most_drawn: number;
}

/** A run that is asked for; then: what it is to do first. "show" is a short one that nobody asked for. */
export interface TrainBegin {
  visitor: string;
  run: number;
  then: "resume" | "pause" | "single_step" | "show";
  data: string;
  schedule: string;
  learning_rate: number;
  seed: number;
  t: number;
  points: [number, number][] | null;
  own: string;
  n: number;
  T: number;
  batch: number;
  width: number;
  steps: number;
}

/**
 * How a run stands. What is the same as before is not sent again; place: only while it waits.
 *
 * curve: [step, loss, smoothed loss] each; by_t: the loss by t, T in equal parts; samples, points, learned, exact:
 * flat pairs, as step `viewed` had them at time t; sheet: the address of a PNG. data: those of the n points trained on
 * that are shown; probes: [step, loss of held-out points]; levels, distance: t, and how far ε_θ is from the exact ε.
 */
export interface TrainMessage {
  visitor?: string;
  run?: number;
  token?: string;
  state?: string;
  place?: number;
  problem?: string;
  step?: number;
  T?: number;
  seconds?: number;
  rate?: number | null;
  max_steps?: number;
  max_minutes?: number;
  loss?: number | null;
  learning_rate?: number;
  curve?: [number, number | null, number | null][];
  by_t?: (number | null)[];
  viewed?: number;
  t?: number;
  samples?: string;
  points?: string;
  learned?: string;
  exact?: string;
  sheet?: string;
  data?: string;
  n?: number;
  probes?: [number, number | null][];
  levels?: number[];
  distance?: (number | null)[];
  train?: number | null;
  held?: number | null;
  exact_train?: number | null;
  exact_held?: number | null;
  percentile?: number | null;
}

/** A column as it begins: its settings, t and log SNR of every step, and which steps are shown. */
export interface ComparedColumn {
  settings: Record<string, string>;
  t: number[];
  log_snr: (number | null)[];
  at: number[];
}

/**
 * The first message of a comparison.
 *
 * asked: the page's own name for what it asked.
 * shape: C, H and W of a picture in a frame: every `grain`-th row and column.
 * thinned: whether steps are left out, so that the frames stay within `most_mb` MB.
 */
export interface ColumnsOpening {
  run: string;
  asked: string;
  columns: ComparedColumn[];
  shape: number[];
  count: number;
  grain: number;
  thinned: boolean;
  most_mb: number;
  frames: [number, string, string, string, string][];
}

/**
 * Frames `before`… of a comparison, of which there are `total`; the last message says how it ended.
 *
 * done_steps, all_steps: pictures by the step.
 * found: as `experiments.Difference` has it, a column each; only of a comparison that has come to its end.
 * figures: Plotly's, likewise.
 */
export interface ColumnsFrames {
  run: string;
  before: number;
  total: number;
  frames: [number, string, string, string, string][];
  done_steps?: number;
  all_steps?: number;
  done?: boolean;
  stopped?: boolean;
  problem?: string;
  found?: Record<string, unknown>[];
  figures?: Record<string, Record<string, any>>;
}

/** A comparison that cannot be: why. */
export interface ColumnsRefused {
  asked: string;
  problem: string;
}

/** See `Waiting`. */
export interface ColumnsWaiting {
  run: string;
  place: number | null;
  asked: string;
}

/** What is compared; asked: a name by which the page knows the answer. */
export interface CompareAsked {
  asked: string;
  columns: string[];
  num_images: number;
  checkpoint: string;
}

export type PlayerMessage = Opening | Frames | Waiting | Gone;

export type Block =
  | FormulaBlock
  | NumbersBlock
  | ListingBlock
  | RemarkBlock
  | DerivationBlock
  | PicturesBlock
  | PlotBlock
  | DiagramBlock;

export type ColumnsMessage = ColumnsOpening | ColumnsFrames | ColumnsWaiting | ColumnsRefused | Gone;
