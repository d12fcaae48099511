using System.Text;

namespace Orchestration.Core.Rubrics;

/// <summary>Reads a rubric: Markdown with YAML front matter, or a bundle compiled from one. docs/reference/rubric-format.md states the format.</summary>
public static class RubricFile
{
    /// <summary>The largest rubric, in bytes of its file. It is sent with every judgment: one that is longer is a mistake.</summary>
    public const int MaxBytes = 256 * 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a rubric from its text.</summary>
    /// <param name="path">The file it came from, for messages and <see cref="Rubric.File"/>; it is not opened.</param>
    /// <param name="content">The whole file.</param>
    /// <exception cref="OrchestrationException">
    /// <see cref="ErrorCodes.Rubric"/>: it does not follow the format. The message states file, line and cure of the first fault.
    /// </exception>
    public static Rubric Parse(string path, string content)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(content);
        if (RubricBundle.IsBundle(content)) return RubricBundle.Parse(path, content);
        var (header, body) = ReadParts(path, content);
        return new Rubric(
            path,
            header.Id,
            header.Title,
            header.Dimensions,
            header.Protocol,
            header.ReplyForm,
            header.Reference == MaterialUse.Required,
            header.ThinkFirst,
            body.Text,
            header.Reference,
            header.Context);
    }

    /// <summary>The two parts of a rubric in Markdown, read and checked.</summary>
    internal static (RubricHeader Header, RubricBody Body) ReadParts(string path, string content)
    {
        var lines = CanonicalLines(path, content);
        if (lines.Length == 0 || !string.Equals(lines[0], "---", StringComparison.Ordinal))
            throw RubricFault.At(path, 1, "a rubric begins with a line '---', its front matter, and another line '---'.");
        var close = Array.IndexOf(lines, "---", 1);
        if (close < 0) throw RubricFault.At(path, lines.Length - 1, "the front matter has no end: put a line '---' after its last key.");

        var fields = FrontMatter.Read(path, string.Join('\n', lines[1..close]), 1);
        var header = new RubricHeader(path, fields).Read();
        var body = new RubricBody(path, lines, close + 1);
        body.Check(header);
        return (header, body);
    }

    /// <summary>Reads a rubric from its bytes, which are UTF-8.</summary>
    internal static Rubric Parse(string path, ReadOnlySpan<byte> content)
    {
        if (content.Length > MaxBytes)
            throw RubricFault.At(
                path,
                1,
                $"the file has {RubricFault.Number(content.Length)} bytes; a rubric has at most {RubricFault.Number(MaxBytes)}. "
                + "Shorten it.");
        try
        {
            return Parse(path, StrictUtf8.GetString(content));
        }
        catch (DecoderFallbackException fault)
        {
            var line = content[..Math.Clamp(fault.Index, 0, content.Length)].Count((byte)'\n') + 1;
            throw RubricFault.At(path, line, "the file is not UTF-8. Save it as UTF-8.", fault);
        }
    }

    /// <summary>
    /// The rubric as a file that reads back to the same version: how a sweep keeps the rubrics it began with, whatever becomes of their files.
    /// </summary>
    public static string Write(Rubric rubric)
    {
        ArgumentNullException.ThrowIfNull(rubric);
        if (rubric.Checklist is not null) return RubricBundle.Write(rubric);
        var file = new StringBuilder("---\n");
        Line("id", rubric.Id);
        Line("title", Quoted(rubric.Title));
        Line("protocol", RubricNames.Of(rubric.Protocol));
        Line("reply", RubricNames.Of(rubric.ReplyForm));
        if (rubric.Reference == MaterialUse.Optional) Line("reference", "optional");
        else Line("needs-reference", rubric.NeedsReference ? "true" : "false");
        if (rubric.Context != MaterialUse.Never) Line("context", RubricNames.Of(rubric.Context));
        if (rubric.ThinkFirst) Line("think-first", "true");
        if (rubric.Dimensions is [{ Name: null } only])
        {
            if (rubric.Protocol == RubricProtocol.Score || rubric.ReplyForm == ReplyForm.JudgeLm) Line("scale", $"{{{ScaleOf(only)}}}");
        }
        else
        {
            file.Append("dimensions:\n");
            foreach (var dimension in rubric.Dimensions)
                file.Append("  - {name: ").Append(dimension.Name).Append(", title: ").Append(Quoted(dimension.Title)).Append(", ").Append(ScaleOf(dimension)).Append("}\n");
        }

        return file.Append("---\n").Append(rubric.Text).ToString();

        void Line(string key, string value) => file.Append(key).Append(": ").Append(value).Append('\n');

        static string ScaleOf(RubricDimension dimension) =>
            $"min: {RubricVersion.Number(dimension.Scale.Min)}, max: {RubricVersion.Number(dimension.Scale.Max)}, "
            + $"step: {RubricVersion.Number(dimension.Scale.Step)}, direction: {RubricNames.Of(dimension.Scale.Direction)}";

        // Single quotes: the only style of YAML in which nothing but the quote itself means anything.
        static string Quoted(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
    }

    private static string[] CanonicalLines(string path, string content)
    {
        try
        {
            return RubricText.Canonical(content).Split('\n');
        }
        catch (ArgumentException fault)
        {
            throw RubricFault.At(path, 1, "the text holds half of a character (an unpaired surrogate). Save it as UTF-8.", fault);
        }
    }
}
