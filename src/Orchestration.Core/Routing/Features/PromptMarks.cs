namespace Orchestration.Core.Routing.Features;

/// <summary>Plain facts of a text: lengths, digits, marks of code, of mathematics and of multiple choice, how it begins and ends.</summary>
public static class PromptMarks
{
    /// <summary>How many facts.</summary>
    public const int Count = 18;

    /// <summary>Revision of the facts: part of every version of features that has them.</summary>
    public const int Revision = 1;

    /// <summary>Measures a text. Counts c are log(1 + c); truths are 0 or 1.</summary>
    /// <param name="text">The text.</param>
    /// <param name="marks">Takes <see cref="Count"/> numbers: characters, words, line ends, letters a word, digits, '$', '\', ends with '?', begins with a capital, '(', ',', <c>def </c>, choices at line starts (A. B) …), characters beyond ASCII, capitals, ends with '.', ends with ':', three quotes.</param>
    public static void Measure(ReadOnlySpan<char> text, Span<float> marks)
    {
        var (words, lines, digits, dollars, slashes, opened, commas, foreign, capitals, inWords) = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        var choices = false;
        var before = ' ';
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c <= ' ' || (c >= 128 && char.IsWhiteSpace(c)))
            {
                if (c == '\n')
                {
                    lines++;
                    choices = choices || IsChoice(text[(i + 1)..]);
                }

                before = ' ';
                continue;
            }

            inWords++;
            if (before == ' ') words++;
            before = c;
            if (c is >= '0' and <= '9') digits++;
            else if (c is >= 'A' and <= 'Z') capitals++;
            else if (c == '$') dollars++;
            else if (c == '\\') slashes++;
            else if (c == '(') opened++;
            else if (c == ',') commas++;
            else if (c >= 128)
            {
                foreign++;
                if (char.IsUpper(c)) capitals++;
            }
        }

        var trimmed = text.TrimEnd();
        var last = trimmed.IsEmpty ? ' ' : trimmed[^1];
        marks[0] = Log(text.Length);
        marks[1] = Log(words);
        marks[2] = Log(lines);
        marks[3] = words == 0 ? 0 : (float)inWords / words;
        marks[4] = Log(digits);
        marks[5] = Log(dollars);
        marks[6] = Log(slashes);
        marks[7] = Truth(last == '?');
        marks[8] = Truth(!text.IsEmpty && char.IsUpper(text[0]));
        marks[9] = Log(opened);
        marks[10] = Log(commas);
        marks[11] = Truth(text.Contains("def ", StringComparison.Ordinal));
        marks[12] = Truth(choices);
        marks[13] = Log(foreign);
        marks[14] = Log(capitals);
        marks[15] = Truth(last == '.');
        marks[16] = Truth(last == ':');
        marks[17] = Truth(text.Contains("\"\"\"", StringComparison.Ordinal));
    }

    private static bool IsChoice(ReadOnlySpan<char> line)
    {
        if (line.StartsWith("(", StringComparison.Ordinal)) line = line[1..];
        return line.Length > 1 && line[0] is >= 'A' and <= 'E' && line[1] is '.' or ')' or ':';
    }

    private static float Log(int count) => (float)Math.Log(1 + count);

    private static float Truth(bool truth) => truth ? 1 : 0;
}
