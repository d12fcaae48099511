using System.Text.RegularExpressions;

namespace Orchestration.Core.Rubrics;

/// <summary>A Markdown heading of the body: its level (1–6), its text and its line in the file.</summary>
internal readonly record struct RubricHeading(int Level, string Text, int Line);

/// <summary>The text below the front matter: its sections, and the checks that a person would make by eye and get wrong.</summary>
internal sealed partial class RubricBody
{
    private static readonly string[] Fences = ["```", "~~~"];

    private readonly string _path;
    private readonly string[] _lines;
    private readonly int _first;
    private readonly List<RubricHeading> _headings = [];

    /// <param name="path">The file, for messages.</param>
    /// <param name="lines">All lines of the file in canonical form, the last one empty.</param>
    /// <param name="first">Index of the line after the front matter.</param>
    public RubricBody(string path, string[] lines, int first)
    {
        _path = path;
        _lines = lines;
        while (first < lines.Length && lines[first].Length == 0) first++;
        _first = first;
        Text = string.Join('\n', lines[Math.Min(first, lines.Length)..]);
        ReadHeadings();
    }

    /// <summary>The canonical body.</summary>
    public string Text { get; }

    /// <summary>The number of the body's first line in the file.</summary>
    public int FirstLine => _first + 1;

    /// <summary>A line of the file by its number, from 1.</summary>
    public string Line(int number) => _lines[number - 1];

    /// <summary>How many lines the file has.</summary>
    public int LineCount => _lines.Length;

    // The last element of the lines is what stands after the final line feed: nothing.
    public int LastLine => Math.Max(1, _lines.Length - 1);

    public void Check(RubricHeader header)
    {
        if (Text.Length == 0) throw Fault(LastLine, "the rubric has no text below its front matter; say what is scored and what is not.");
        RefuseReplies();
        var bands = Section("Bands");
        var caps = Section("Caps");
        if (header.ReplyForm == ReplyForm.Checklist)
        {
            new ChecklistSection(_path, this).Read(header);
        }
        else if (header.Protocol == RubricProtocol.Score)
        {
            if (bands is null)
                throw Fault(LastLine, "a score rubric has a section '## Bands' that says what earns each part of the scale; add it.");
            if (caps is null) throw Fault(LastLine, "a score rubric has a section '## Caps'; add it, empty if nothing caps the score.");
        }

        if (bands is not { } section) return;
        if (!header.StatesScale && header.ReplyForm == ReplyForm.Checklist)
            throw Fault(section.Line, "a checklist's score is added up from its points; state a 'scale' in the front matter, or take '## Bands' out.");
        if (!header.StatesScale)
            throw Fault(
                section.Line,
                "a comparison without a scale has no bands; rename the section '## Bands', for example to '## What decides'.");
        new RubricBands(_path, header.Dimensions, BelowOf(section), Describes).Check(section);
    }

    // The judge states the form of the reply. A text that shows one is quoted back by models, and a quoted score is not a judgment.
    private void RefuseReplies()
    {
        for (var i = _first; i < _lines.Length; i++)
        {
            if (ReplyPattern().Match(_lines[i]) is { Success: true } match)
                throw Fault(
                    i + 1,
                    $"'{match.Value}' looks like a judge's reply. Take it out: the form of the reply is stated by 'reply:' in the "
                    + "front matter and added by the judge.");
        }
    }

    /// <summary>The heading of a section of the second level; null where there is none.</summary>
    public RubricHeading? Section(string name)
    {
        RubricHeading? found = null;
        foreach (var heading in _headings)
        {
            if (heading.Level != 2 || !string.Equals(heading.Text, name, StringComparison.OrdinalIgnoreCase)) continue;
            if (found is { } first)
                throw Fault(
                    heading.Line,
                    $"section '## {name}' stands twice, first on line {RubricFault.Number(first.Line)}; make it one.");
            found = heading;
        }

        return found;
    }

    /// <summary>The headings inside a section, with one of level 0 at its end.</summary>
    public List<RubricHeading> BelowOf(RubricHeading section)
    {
        var inside = _headings.SkipWhile(h => h.Line <= section.Line).TakeWhile(h => h.Level > section.Level).ToList();
        var next = _headings.FirstOrDefault(h => h.Line > section.Line && h.Level <= section.Level);
        inside.Add(new RubricHeading(0, "", next.Line == 0 ? _lines.Length + 1 : next.Line));
        return inside;
    }

    /// <summary>True where a line between the two (both exclusive, counted from 1) says something.</summary>
    private bool Describes(int after, int before)
    {
        for (var line = after + 1; line < before && line <= _lines.Length; line++)
        {
            if (_lines[line - 1].Length > 0 && !_headings.Exists(h => h.Line == line)) return true;
        }

        return false;
    }

    private void ReadHeadings()
    {
        string? fence = null;
        for (var i = _first; i < _lines.Length; i++)
        {
            var line = _lines[i].TrimStart(' ');
            if (_lines[i].Length - line.Length > 3) continue;
            var mark = Array.Find(Fences, f => line.StartsWith(f, StringComparison.Ordinal));
            if (mark is not null && (fence is null || fence == mark)) fence = fence is null ? mark : null;
            if (mark is not null || fence is not null) continue;
            if (HeadingPattern().Match(line) is { Success: true } match)
                _headings.Add(new RubricHeading(match.Groups["marks"].Length, match.Groups["text"].Value.Trim(), i + 1));
        }
    }

    private OrchestrationException Fault(int line, string message) => RubricFault.At(_path, line, message);

    [GeneratedRegex("^(?<marks>#{1,6})[ \\t]+(?<text>.*)$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex HeadingPattern();

    // Double brackets (verdicts, ratings), Prometheus' mark, and a JSON key with a number or a text.
    [GeneratedRegex("\\[\\[[^\\[\\]]*\\]\\]|\\[RESULT\\]|\"[A-Za-z_/-]+\"[ \\t]*:[ \\t]*[-0-9\"]",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex ReplyPattern();
}
