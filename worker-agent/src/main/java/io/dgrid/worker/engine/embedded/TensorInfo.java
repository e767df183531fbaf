package io.dgrid.worker.engine.embedded;

/**
 * Where a tensor lies.
 *
 * @param rowLength weights per row (the file's first dimension)
 * @param rows number of rows (the product of the others)
 * @param offset from the start of the file, in bytes
 */
record TensorInfo(String name, TensorType type, int rowLength, int rows, long offset) {
  long elements() {
    return (long) rowLength * rows;
  }

  long rowBytes() {
    return type.rowBytes(rowLength);
  }

  long bytes() {
    return rowBytes() * rows;
  }

  long end() {
    return offset + bytes();
  }
}
