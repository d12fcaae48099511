namespace Orchestration.Core.Rubrics;

/// <summary>What compiling a rubric came to.</summary>
/// <param name="Bundle">The bundle, as a rubric that judges can use.</param>
/// <param name="LeftOut">Sections of the rubric that are not in it, because the score is added up from points: <c>Bands</c>, <c>Caps</c>.</param>
public sealed record CompiledRubric(Rubric Bundle, IReadOnlyList<string> LeftOut);

/// <summary>
/// Turns the checklist of a rubric into a locked bundle, by rules alone: the same rubric gives the same bytes on every machine.
/// </summary>
public static class RubricCompiler
{
    /// <summary>What a bundle's id ends in: the rubric itself and its bundle are different judges.</summary>
    public const string IdSuffix = "-checklist";

    private static readonly string[] Computed = ["Bands", "Caps"];

    /// <summary>Compiles a rubric in Markdown.</summary>
    /// <param name="path">The file it came from, for messages; it is not opened.</param>
    /// <param name="content">The whole file.</param>
    /// <exception cref="OrchestrationException">
    /// <see cref="ErrorCodes.Rubric"/>: it does not follow the format, or has no criteria to compile. The message states file, line and cure.
    /// </exception>
    public static CompiledRubric Compile(string path, string content)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(content);
        if (RubricBundle.IsBundle(content)) throw RubricFault.At(path, 1, "this is a bundle already; compile the rubric in Markdown that it was made from.");
        var (header, body) = RubricFile.ReadParts(path, content);
        var criteria = new ChecklistSection(path, body).Read(header);
        var source = RubricFile.Parse(path, content);
        var only = header.Dimensions[0];
        var bundle = new Rubric(
            Path.ChangeExtension(path, null) + RubricBundle.FileSuffix,
            header.Id + IdSuffix,
            header.Title,
            [new RubricDimension(null, header.Title, only.Scale with { Step = 0 })],
            RubricProtocol.Score,
            ReplyForm.Checklist,
            header.Reference == MaterialUse.Required,
            thinkFirst: false,
            Guidance(body),
            header.Reference,
            header.Context,
            new RubricChecklist(criteria, header.Id, source.Version));
        return new CompiledRubric(bundle, [.. Computed.Where(name => body.Section(name) is not null)]);
    }

    /// <summary>The body without the sections that the program takes over: the checklist itself, bands and caps.</summary>
    private static string Guidance(RubricBody body)
    {
        var lines = new List<string>();
        for (var line = body.FirstLine; line <= body.LineCount; line++) lines.Add(body.Line(line));
        foreach (var name in Computed.Append(ChecklistSection.Name))
        {
            if (body.Section(name) is not { } section) continue;
            var end = body.BelowOf(section)[^1].Line;
            for (var line = section.Line; line < end && line <= body.LineCount; line++) lines[line - body.FirstLine] = "";
        }

        return RubricText.Canonical(string.Join('\n', Collapsed(lines))).TrimStart('\n');
    }

    private static IEnumerable<string> Collapsed(List<string> lines)
    {
        for (var i = 0; i < lines.Count; i++)
        {
            if (lines[i].Length != 0 || i == 0 || lines[i - 1].Length != 0) yield return lines[i];
        }
    }
}
