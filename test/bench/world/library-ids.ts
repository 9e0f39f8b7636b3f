export const LIBRARY_IDS = ['own', 'client-go', 'python'] as const;
export type LibraryId = (typeof LIBRARY_IDS)[number];
