export const port: number = '5173';

export default {};
