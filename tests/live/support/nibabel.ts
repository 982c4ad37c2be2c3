import { join } from "@std/path";
import { findPython } from "../../../tasks/support/python.ts";

/** The program that knows NIfTI from elsewhere. */
export const WITH_NIBABEL = join(import.meta.dirname!, "../with_nibabel.py");

/** A Python that can run it. */
export const nibabel = await findPython("import nibabel, numpy");
