// SPDX-License-Identifier: Apache-2.0
export { MAX_MODEL_BYTES, PIECE_TYPES, type Piece, parseSentencePieces } from "./model.ts";
