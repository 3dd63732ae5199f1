export const port: number = '5173';
