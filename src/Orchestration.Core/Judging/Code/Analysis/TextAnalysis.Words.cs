namespace Orchestration.Core.Judging.Code.Analysis;

/// <summary>The tokeniser and the rules for the end of a sentence.</summary>
internal sealed partial class TextAnalysis
{
    private void ReadWords(int start, int end, bool isCode)
    {
        var text = Text.AsSpan(0, end);
        if (_lower.Length < end - start) _lower = new char[Math.Max(_lower.Length * 2, end - start)];
        var at = start;
        while (at < end)
        {
            switch (CharClass.KindOf(text[at]))
            {
                case CharKind.Letter or CharKind.Digit:
                    at = ReadWord(text, at, isCode);
                    break;
                case CharKind.Ideograph:
                    at = AddIdeograph(text, at, 1, isCode);
                    break;
                case CharKind.Surrogate:
                    var kind = CharClass.KindOfPair(text[at..], out var units);
                    if (kind is CharKind.Letter or CharKind.Digit) at = ReadWord(text, at, isCode);
                    else if (kind == CharKind.Ideograph) at = AddIdeograph(text, at, units, isCode);
                    else at += units;
                    break;
                case CharKind.Terminal when !isCode:
                    at = ReadTerminal(text, at);
                    break;
                case CharKind.WideTerminal when !isCode:
                    _sentenceEnded = true;
                    at++;
                    break;
                default:
                    at++;
                    break;
            }
        }
    }

    private int ReadWord(ReadOnlySpan<char> text, int start, bool isCode)
    {
        var lower = _lower;
        var hash = WordTable.EmptyHash;
        var isLatin = false;
        var length = 0;
        var at = start;
        while (at < text.Length)
        {
            var unit = text[at];
            if (unit < 128)
            {
                // Setting this bit makes A–Z lower case and leaves 0–9 as they are.
                var small = (char)(unit | 0x20);
                if (char.IsBetween(small, 'a', 'z')) isLatin = true;
                else if (!char.IsAsciiDigit(unit)) break;
                lower[length++] = small;
                hash = WordTable.Hash(hash, small);
                at++;
                continue;
            }

            var kind = CharClass.KindOf(unit);
            var units = 1;
            if (kind == CharKind.Surrogate) kind = CharClass.KindOfPair(text[at..], out units);
            if (kind is not (CharKind.Letter or CharKind.Digit)) break;
            isLatin |= CharClass.IsLatin(unit);
            for (var i = 0; i < units; i++)
            {
                var small = char.ToLowerInvariant(text[at + i]);
                lower[length++] = small;
                hash = WordTable.Hash(hash, small);
            }

            at += units;
        }

        var isJoined = start >= 2 && _tokenCount > 0 && _tokens[_tokenCount - 1].End == start - 1
            && CharClass.KindOf(text[start - 1]) == CharKind.Apostrophe;
        Add(start, at - start, _vocabulary.Intern(lower.AsSpan(0, length), hash), isCode, isLatin, isJoined);
        return at;
    }

    private int AddIdeograph(ReadOnlySpan<char> text, int at, int units, bool isCode)
    {
        var word = text.Slice(at, units);
        Add(at, units, _vocabulary.Intern(word, WordTable.Hash(word)), isCode, isLatin: false, isJoined: false);
        return at + units;
    }

    private void Add(int start, int length, int id, bool isCode, bool isLatin, bool isJoined)
    {
        if (!isCode && _sentenceEnded)
        {
            _sentence++;
            _sentenceEnded = false;
        }

        if (!isJoined) WordCount++;
        if (_tokenCount == _tokens.Length) Array.Resize(ref _tokens, _tokens.Length * 2);
        _tokens[_tokenCount++] = new Token
        {
            Start = start,
            Length = length,
            Id = id,
            Sentence = isCode ? -1 : _sentence,
            IsJoined = isJoined,
            IsLatin = isLatin,
        };
    }

    // A sentence ends at . ! ? … where white space or the end of the line follows, closing marks in between; a full stop after an
    // abbreviation or a single letter ("e.g.", "J. Smith") ends one only at the end of the line. Everything read here is passed over,
    // so that a run of a million dots is read once.
    private int ReadTerminal(ReadOnlySpan<char> text, int at)
    {
        var onlyStops = true;
        var next = at;
        while (next < text.Length && IsTerminalOrCloser(text[next]))
        {
            onlyStops &= text[next] is not ('!' or '?' or '\u2026');
            next++;
        }

        if (next < text.Length && !CharClass.IsSpace(text[next])) return next;
        if (next == text.Length || !onlyStops || !IsAbbreviated(at)) _sentenceEnded = true;
        return next;
    }

    private static bool IsTerminalOrCloser(char unit) =>
        unit is '.' or '!' or '?' or '\u2026' or '"' or '\'' or ')' or ']' or '*' or '_' or '`' or '\u201D' or '\u2019' or '\u00BB';

    private bool IsAbbreviated(int stop)
    {
        // The "t" of "I can't." is no letter by itself.
        if (_tokenCount == 0 || _tokens[_tokenCount - 1].End != stop || _tokens[_tokenCount - 1].IsJoined) return false;
        var word = Word(_tokens[_tokenCount - 1]);
        if (word.Length == 1) return char.IsAsciiLetter(word[0]) && word[0] != 'i';
        return word is "mr" or "mrs" or "ms" or "dr" or "prof" or "st" or "vs" or "cf" or "fig" or "eq" or "approx" or "dept" or "jr" or "sr";
    }
}
