/** The languages the survey speaks, as BCP 47 primary subtags. */
export const surveyLanguages = ['en', 'de', 'fr', 'es', 'sv', 'ar'] as const;
export type SurveyLanguage = (typeof surveyLanguages)[number];

/** What a person gets when nothing tells their language. */
export const defaultLanguage: SurveyLanguage = 'en';

export const directionOf = (language: SurveyLanguage): 'ltr' | 'rtl' => (language === 'ar' ? 'rtl' : 'ltr');

/** 1 is the worst, 5 the best. */
export const scores = [1, 2, 3, 4, 5] as const;
export type Score = (typeof scores)[number];

/** Every word a customer reads. Plain text: whoever shows it escapes it. */
export interface SurveyStrings {
  readonly question: string;
  /** The same where the shop's name is known, with `{shop}` in its place. */
  readonly named: { readonly question: string; readonly why: string };
  readonly labels: Readonly<Record<Score, string>>;
  readonly mail: {
    readonly subject: string;
    readonly intro: string;
    readonly choose: string;
    readonly openPage: string;
    readonly why: string;
    readonly unsubscribe: string;
  };
  readonly page: {
    readonly hint: string;
    readonly send: string;
    readonly change: string;
    readonly sendChange: string;
    readonly current: string;
    readonly privacy: string;
    readonly unsubscribe: string;
  };
  readonly notice: {
    readonly thanksTitle: string;
    readonly thanks: string;
    readonly changedTitle: string;
    readonly changed: string;
    readonly chooseFirst: string;
    readonly sendAgain: string;
    readonly contradictory: string;
    readonly lockedTitle: string;
    readonly locked: string;
    readonly unknownTitle: string;
    readonly unknown: string;
    readonly expiredTitle: string;
    readonly expired: string;
  };
  readonly unsubscribe: {
    readonly title: string;
    readonly body: string;
    readonly confirm: string;
    readonly doneTitle: string;
    readonly done: string;
  };
}
