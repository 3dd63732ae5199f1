// `null` is refused by strict checks only, the misspelt name by vite-env.d.ts
export const wrong: string = null;
export const misspelt = import.meta.env.VITE_API_BASE_ULR;
