// SPDX-License-Identifier: Apache-2.0
/** To be imported first: schemas are made when their modules are loaded, and would try `new Function`, which the page's policy forbids. */
import { z } from "zod";

z.config({ jitless: true });
