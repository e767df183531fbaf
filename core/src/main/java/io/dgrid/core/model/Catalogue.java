package io.dgrid.core.model;

import io.dgrid.core.identity.Hash;
import io.dgrid.core.identity.ModelId;
import io.dgrid.core.tokenizer.BrokenTokenizerException;
import io.dgrid.core.tokenizer.Tokenizer;
import io.dgrid.core.tokenizer.TokenizerJson;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The models a process knows, read once from a directory with one folder per model: {@code
 * manifest.json}, optionally {@code tokenizer.json} and {@code model.gguf}. Immutable.
 */
public final class Catalogue {
  private static final int MAX_MANIFEST_BYTES = 1 << 16;
  private static final String MANIFEST = "manifest.json";
  private static final String TOKENIZER = "tokenizer.json";

  private final Map<ModelId, CatalogueEntry> byId;
  private final Map<String, CatalogueEntry> byName;

  private Catalogue(Collection<CatalogueEntry> entries) {
    Map<ModelId, CatalogueEntry> ids = new LinkedHashMap<>();
    Map<String, CatalogueEntry> names = new LinkedHashMap<>();
    for (CatalogueEntry entry : entries) {
      CatalogueEntry other = names.put(entry.manifest().name(), entry);
      if (other != null) {
        throw new BrokenCatalogueException(
            "%s and %s both hold '%s'"
                .formatted(other.directory(), entry.directory(), entry.manifest().name()));
      }
      ids.put(entry.manifest().id(), entry);
    }
    byId = Collections.unmodifiableMap(ids);
    byName = Collections.unmodifiableMap(names);
  }

  /**
   * Reads every folder of {@code directory} that has a manifest, in the order of their names.
   *
   * @throws BrokenCatalogueException naming the file that is missing or wrong
   */
  public static Catalogue read(Path directory) {
    try (Stream<Path> folders = Files.list(directory)) {
      List<CatalogueEntry> entries =
          folders
              .filter(folder -> Files.isRegularFile(folder.resolve(MANIFEST)))
              .sorted()
              .map(Catalogue::readEntry)
              .toList();
      return new Catalogue(entries);
    } catch (IOException e) {
      throw new BrokenCatalogueException("cannot read the catalogue " + directory, e);
    }
  }

  /** All models, in the order of their folders. */
  public Collection<CatalogueEntry> entries() {
    return byId.values();
  }

  public Optional<CatalogueEntry> find(ModelId id) {
    return Optional.ofNullable(byId.get(id));
  }

  public Optional<CatalogueEntry> find(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  private static CatalogueEntry readEntry(Path folder) {
    Path manifestFile = folder.resolve(MANIFEST);
    ModelManifest manifest =
        ModelManifestCodec.parse(
            readBounded(manifestFile, MAX_MANIFEST_BYTES), manifestFile.toString());
    Path tokenizerFile = folder.resolve(TOKENIZER);
    Optional<Tokenizer> tokenizer =
        Files.exists(tokenizerFile)
            ? Optional.of(readTokenizer(tokenizerFile, manifest))
            : Optional.empty();
    return new CatalogueEntry(manifest, folder, tokenizer);
  }

  private static Tokenizer readTokenizer(Path file, ModelManifest manifest) {
    byte[] json = readBounded(file, TokenizerJson.MAX_BYTES);
    Hash actual = sha256(json);
    if (!actual.equals(manifest.tokenizerDigest())) {
      throw new BrokenCatalogueException(
          "%s has the SHA-256 %s, the manifest says %s"
              .formatted(file, actual, manifest.tokenizerDigest()));
    }
    try {
      return TokenizerJson.parse(json, file.toString());
    } catch (BrokenTokenizerException e) {
      throw new BrokenCatalogueException(e.getMessage(), e);
    }
  }

  private static byte[] readBounded(Path file, int maxBytes) {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(maxBytes + 1);
      if (bytes.length > maxBytes) {
        throw new BrokenCatalogueException("%s is larger than %d bytes".formatted(file, maxBytes));
      }
      return bytes;
    } catch (IOException e) {
      throw new BrokenCatalogueException("cannot read " + file, e);
    }
  }

  private static Hash sha256(byte[] bytes) {
    try {
      return Hash.of(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
