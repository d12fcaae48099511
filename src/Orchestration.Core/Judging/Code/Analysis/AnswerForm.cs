namespace Orchestration.Core.Judging.Code.Analysis;

/// <summary>What the form of an answer is made of, and its faults.</summary>
internal readonly struct AnswerForm
{
    /// <summary>Reads the lines of an answer.</summary>
    public AnswerForm(TextAnalysis answer)
    {
        int paragraph = 0, level = 0, columns = 0, next = 0, numberedIndent = 0;
        foreach (ref readonly var line in answer.Lines)
        {
            var words = line.EndToken - line.FirstToken;
            paragraph = line.Kind == LineKind.Prose ? paragraph + words : 0;
            LongestParagraph = Math.Max(LongestParagraph, paragraph);
            var text = answer.Text.AsSpan(line.Content, Math.Max(0, line.End - line.Content));
            if (words > 0 && line.Kind != LineKind.Code) LinesOfText++;
            if (line.Kind != LineKind.TableRow) columns = 0;
            switch (line.Kind)
            {
                case LineKind.Fence:
                    HasFence = true;
                    break;
                case LineKind.Heading:
                    Headings++;
                    HasHeadingJump |= level > 0 && line.Number > level + 1;
                    level = line.Number;
                    next = 0;
                    break;
                case LineKind.Bullet:
                    ListItems++;
                    break;
                case LineKind.Numbered:
                    ListItems++;

                    // A nested list counts for itself; a list may start at any number and may repeat "1." throughout.
                    if (next > 0 && line.Indent == numberedIndent && line.Number != next && line.Number != 1) HasNumberingSlip = true;
                    if (next > 0 && line.Indent > numberedIndent) break;
                    next = line.Number + 1;
                    numberedIndent = line.Indent;
                    break;
                case LineKind.TableRow:
                    var bars = text.TrimEnd().Count('|') - text.Count("\\|");
                    HasRaggedTable |= columns > 0 && bars != columns;
                    columns = bars;
                    break;
                case LineKind.Prose:
                    LooksLikeCode |= IsCodeLike(text);
                    break;
            }

            // Pairs of asterisks open and close bold type; it does not go beyond a line here.
            if (line.Kind is not (LineKind.Code or LineKind.Fence or LineKind.Rule)) HasOpenEmphasis |= text.Count("**") % 2 != 0 && !text.Contains('`');
        }
    }

    /// <summary>Words of the longest run of lines of prose.</summary>
    public int LongestParagraph { get; }

    /// <summary>Lines outside code that hold a word.</summary>
    public int LinesOfText { get; }

    /// <summary>Items of all lists.</summary>
    public int ListItems { get; }

    /// <summary>Headings.</summary>
    public int Headings { get; }

    /// <summary>It has a code fence.</summary>
    public bool HasFence { get; }

    /// <summary>A line of prose looks like a line of a program.</summary>
    public bool LooksLikeCode { get; }

    /// <summary>A heading is more than one level below the one before.</summary>
    public bool HasHeadingJump { get; }

    /// <summary>A numbered list leaves a number out or goes back.</summary>
    public bool HasNumberingSlip { get; }

    /// <summary>Rows of a table differ in their columns.</summary>
    public bool HasRaggedTable { get; }

    /// <summary>Bold type is opened and not closed.</summary>
    public bool HasOpenEmphasis { get; }

    private static bool IsCodeLike(ReadOnlySpan<char> line)
    {
        var text = line.TrimEnd();
        if (text.IsEmpty) return false;
        return text[^1] is '{' or '}' or ';'
            || (text[^1] == ':' && (text.StartsWith("def ") || text.StartsWith("class ") || text.StartsWith("for ") || text.StartsWith("if ")) && text.Contains('('))
            || text.StartsWith("import ") || text.StartsWith("#include") || text.StartsWith("return ");
    }
}
