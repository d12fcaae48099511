using System.Text.Encodings.Web;
using System.Text.Json;

namespace Orchestration.Core.Rubrics;

/// <summary>What the lock file holds of one rubric.</summary>
/// <param name="File">Name of its file, without folder.</param>
/// <param name="Version">Its version: 64 lower-case hexadecimal digits.</param>
/// <param name="Title">Its title.</param>
public sealed record RubricLockEntry(string File, string Version, string Title);

/// <summary>How a rubric differs from the lock file.</summary>
public enum RubricChange
{
    /// <summary>The lock file holds another version, file or title of it.</summary>
    Changed,

    /// <summary>The lock file does not hold it.</summary>
    Added,

    /// <summary>Only the lock file holds it.</summary>
    Removed,
}

/// <summary>One difference between rubrics and their lock file.</summary>
/// <param name="Change">What happened.</param>
/// <param name="Id">The rubric's id.</param>
/// <param name="Message">What that means, and the command that accepts it.</param>
public sealed record RubricDifference(RubricChange Change, string Id, string Message);

/// <summary>
/// The lock file of a folder of rubrics: which version each one has. It makes a changed word visible in review, because a changed
/// rubric is a new judge whose judgments are bought again.
/// </summary>
public sealed class RubricLock
{
    /// <summary>The name of the file, beside the rubrics.</summary>
    public const string FileName = "rubrics.lock.json";

    private const int Format = 1;
    private const string Cure = "If that is meant, run `orchestrate rubric lock` and commit " + FileName + ".";

    private const string Restore = "Restore it, or write it anew with `orchestrate rubric lock`.";

    private RubricLock(IReadOnlyDictionary<string, RubricLockEntry> entries) => Entries = entries;

    /// <summary>The entries by id, in ordinal order.</summary>
    public IReadOnlyDictionary<string, RubricLockEntry> Entries { get; }

    /// <summary>The lock of these rubrics.</summary>
    public static RubricLock Of(RubricLibrary library)
    {
        ArgumentNullException.ThrowIfNull(library);
        var entries = new SortedDictionary<string, RubricLockEntry>(StringComparer.Ordinal);
        foreach (var rubric in library.Rubrics)
            entries.Add(rubric.Id, new RubricLockEntry(Path.GetFileName(rubric.File), rubric.Version, rubric.Title));
        return new RubricLock(entries);
    }

    /// <summary>Reads a lock file.</summary>
    /// <exception cref="OrchestrationException">
    /// <see cref="ErrorCodes.Input"/>: it cannot be read. <see cref="ErrorCodes.Rubric"/>: it is no lock file of this format.
    /// </exception>
    public static RubricLock Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            return Parse(path, File.ReadAllBytes(path));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new OrchestrationException(
                ErrorCodes.Input, $"{path}: the lock file cannot be read: {fault.Message} `orchestrate rubric lock` writes it.", fault);
        }
    }

    /// <summary>Reads a lock file from its UTF-8 bytes.</summary>
    /// <inheritdoc cref="Read" path="/exception"/>
    public static RubricLock Parse(string path, ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object
                || !root.TryGetProperty("format", out var format) || format.ValueKind != JsonValueKind.Number
                || !root.TryGetProperty("rubrics", out var rubrics) || rubrics.ValueKind != JsonValueKind.Object)
                throw Fault(path, "it is no lock file of rubrics: an object with 'format' and 'rubrics' is expected.");
            if (!format.TryGetInt32(out var number) || number != Format)
                throw Fault(path, $"its format is {format.GetRawText()} and this build reads format {RubricFault.Number(Format)}.");
            var entries = new SortedDictionary<string, RubricLockEntry>(StringComparer.Ordinal);
            foreach (var property in rubrics.EnumerateObject()) entries.Add(property.Name, Entry(path, property));
            return new RubricLock(entries);
        }
        catch (JsonException fault)
        {
            var line = RubricFault.Number((int)(fault.LineNumber ?? 0) + 1);
            throw new OrchestrationException(
                ErrorCodes.Rubric, $"{path}:{line}: the lock file is not well-formed JSON. {Restore}", fault);
        }
    }

    /// <summary>The file's bytes: UTF-8, sorted by id, LF line ends. The same rubrics give the same bytes on every machine.</summary>
    public byte[] ToBytes()
    {
        using var bytes = new MemoryStream();
        var options = new JsonWriterOptions
        {
            Indented = true,
            IndentSize = 2,
            NewLine = "\n",

            // The file is read by people and in reviews, never put into a web page: titles stay as they are written.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        using (var writer = new Utf8JsonWriter(bytes, options))
        {
            writer.WriteStartObject();
            writer.WriteNumber("format", Format);
            writer.WriteStartObject("rubrics");
            foreach (var (id, entry) in Entries)
            {
                writer.WriteStartObject(id);
                writer.WriteString("file", entry.File);
                writer.WriteString("version", entry.Version);
                writer.WriteString("title", entry.Title);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        bytes.WriteByte((byte)'\n');
        return bytes.ToArray();
    }

    /// <summary>Writes the file: whole or not at all.</summary>
    /// <exception cref="OrchestrationException"><see cref="ErrorCodes.Input"/>: it cannot be written.</exception>
    public void Write(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            var temporary = path + ".new";
            File.WriteAllBytes(temporary, ToBytes());
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new OrchestrationException(ErrorCodes.Input, $"{path}: the lock file cannot be written: {fault.Message}", fault);
        }
    }

    /// <summary>How the rubrics differ from this lock, in ordinal order of their ids; empty where they do not.</summary>
    public IReadOnlyList<RubricDifference> Verify(RubricLibrary library)
    {
        ArgumentNullException.ThrowIfNull(library);
        var differences = new List<RubricDifference>();
        foreach (var (id, now) in Of(library).Entries)
        {
            if (!Entries.TryGetValue(id, out var locked))
                differences.Add(new(RubricChange.Added, id, $"rubric '{id}' ({now.File}) is not in {FileName}. {Cure}"));
            else if (now != locked)
                differences.Add(new(RubricChange.Changed, id, $"rubric '{id}' ({now.File}) {WhatChanged(locked, now)} {Cure}"));
        }

        foreach (var (id, locked) in Entries)
        {
            if (!library.TryFind(id, out _))
                differences.Add(new(RubricChange.Removed, id, $"rubric '{id}' ({locked.File}) is in {FileName} and nowhere else. {Cure}"));
        }

        return [.. differences.OrderBy(d => d.Id, StringComparer.Ordinal)];
    }

    private static string WhatChanged(RubricLockEntry locked, RubricLockEntry now) => (locked, now) switch
    {
        _ when locked.Version != now.Version =>
            $"was changed: its version is {now.Version}, locked is {locked.Version}. "
            + "It is a new judge: its judgments are made, and paid, anew.",
        _ when locked.File != now.File => $"was locked as {locked.File}; its text is the same.",
        _ => $"is titled '{now.Title}', locked is '{locked.Title}'; its version is the same, so the lock file was edited by hand.",
    };

    private static RubricLockEntry Entry(string path, JsonProperty property)
    {
        var entry = property.Value.ValueKind == JsonValueKind.Object
            ? new RubricLockEntry(Field("file"), Field("version"), Field("title"))
            : throw Fault(path, $"the entry of rubric '{property.Name}' is no object.");
        return entry.Version.Length == 64 && entry.Version.All(char.IsAsciiHexDigitLower)
            ? entry
            : throw Fault(path, $"the version of rubric '{property.Name}' is not 64 lower-case hexadecimal digits.");

        string Field(string name) => property.Value.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw Fault(path, $"the entry of rubric '{property.Name}' has no text '{name}'.");
    }

    private static OrchestrationException Fault(string path, string message) =>
        new(ErrorCodes.Rubric, $"{path}: {message} {Restore}");
}
