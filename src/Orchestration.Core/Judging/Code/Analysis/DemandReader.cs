using System.Globalization;

namespace Orchestration.Core.Judging.Code.Analysis;

/// <summary>Reads lengths that a prompt names: "in two sentences", "at least 200 words", "a 50-word summary", "list five countries".</summary>
internal static class DemandReader
{
    // How many words before a number may say what it is for: "limit your answer to 50 words".
    private const int LookBack = 5;
    private const int MostItems = 50;

    private enum Bound
    {
        Exact,
        About,
        Least,
        Most,
    }

    /// <summary>Reads the demand whose number is the token at a place.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="at">The token.</param>
    /// <param name="demand">What was read.</param>
    /// <param name="last">Its last token.</param>
    public static bool TryRead(TextAnalysis prompt, int at, out LengthDemand demand, out int last)
    {
        demand = default;
        last = at;
        var low = Number(prompt, at);
        if (low <= 0) return false;
        var high = low;
        if (at + 1 < prompt.Tokens.Length && Number(prompt, at + 1) is var joined && joined > low && IsHyphenated(prompt, at))
        {
            high = joined;
            last = at + 1;
        }
        else if (at + 2 < prompt.Tokens.Length && prompt.Word(prompt.Tokens[at + 1]) is "to" or "and" or "or" && Number(prompt, at + 2) is var second && second > low)
        {
            high = second;
            last = at + 2;
        }

        return TryReadUnit(prompt, at, low, high, ref last, out demand) || TryReadItems(prompt, at, low, high, last, out demand);
    }

    private static bool TryReadUnit(TextAnalysis prompt, int at, double low, double high, ref int last, out LengthDemand demand)
    {
        demand = default;
        var tokens = prompt.Tokens;
        for (var place = last + 1; place < Math.Min(tokens.Length, last + 4); place++)
        {
            if (tokens[place].Sentence != tokens[at].Sentence) return false;
            var unit = UnitOf(prompt.Word(tokens[place]));
            if (unit is null) continue;
            if (place + 1 < tokens.Length && prompt.Word(tokens[place + 1]) is "per" or "a" or "each" or "long") return false;
            if (!TryReadBound(prompt, at, place, out var bound) && low == high) return false;
            if (!IsPlausible(prompt, unit.Value, at, place, high)) return false;
            last = place;
            demand = Make(unit.Value, low, high, bound);
            return true;
        }

        return false;
    }

    // A dialogue between two characters is no matter of length, and few words are the length of an answer only in "in one word",
    // "as a single word", "answer with one word."; not in "use these three words".
    private static bool IsPlausible(TextAnalysis prompt, LengthUnit unit, int at, int place, double high)
    {
        if (high >= 10 || unit is not (LengthUnit.Characters or LengthUnit.Words)) return true;
        if (unit == LengthUnit.Characters) return false;
        var tokens = prompt.Tokens;
        var before = at - 1;
        while (before >= 0 && prompt.Word(tokens[before]) is "a" or "just" or "only" or "exactly" or "at" or "most" or "least" or "no" or "more" or "than"
            or "about" or "or") before--;
        if (before < 0) return true;
        var isLast = place + 1 == tokens.Length || tokens[place + 1].Sentence != tokens[place].Sentence;
        return prompt.Word(tokens[before]) is "in" or "as" or "to" || (isLast && prompt.Word(tokens[before]) is ("with" or "using"));
    }

    private static bool TryReadItems(TextAnalysis prompt, int at, double low, double high, int last, out LengthDemand demand)
    {
        demand = default;
        var tokens = prompt.Tokens;
        if (low < 2 || high > MostItems || last + 1 >= tokens.Length || tokens[last + 1].Sentence != tokens[at].Sentence) return false;
        if (prompt.Word(tokens[last + 1]) is "year" or "years" or "day" or "days" or "week" or "weeks" or "hour" or "hours" or "minute" or "minutes"
            or "percent" or "dollars" or "times" or "word" or "words" or "letter" or "digit" or "of" or "and" or "or" || !tokens[last + 1].IsLatin) return false;
        for (var place = at - 1; place >= Math.Max(0, at - 4) && tokens[place].Sentence == tokens[at].Sentence; place--)
        {
            var word = prompt.Word(tokens[place]);
            var isAsked = word is "list" or "name" or "give" or "suggest" or "identify" or "generate" or "recommend" or "provide" or "mention" or "state"
                or "top" or "enumerate";

            // "Give me a list of 5 tips" asks for five, "give each student 2 pens" does not.
            if (word is "me" or "us" or "a" or "the" or "of" or "at" or "least" or "most" or "exactly" or "about" or "only" or "up" or "to"
                or "my" or "your" or "some" or "another" or "than" or "more") continue;
            if (!isAsked) return false;
            TryReadBound(prompt, at, last, out var bound);
            demand = Make(LengthUnit.Items, low, high, bound);
            return true;
        }

        return false;
    }

    private static LengthDemand Make(LengthUnit unit, double low, double high, Bound bound)
    {
        // Nobody counts words while writing: a number of words or characters leaves a tenth, "about" a quarter either way.
        var slack = bound == Bound.About ? 0.25 : low < high || unit is not (LengthUnit.Words or LengthUnit.Characters) || low == 1 ? 0 : 0.1;
        return bound switch
        {
            Bound.Least => new LengthDemand(unit, low, double.PositiveInfinity),
            Bound.Most => new LengthDemand(unit, low < high ? low : 1, high),
            _ => new LengthDemand(unit, Math.Max(1, low * (1 - slack)), high * (1 + slack)),
        };
    }

    // True where the words around the number say that it is a demand at all.
    private static bool TryReadBound(TextAnalysis prompt, int at, int unit, out Bound bound)
    {
        bound = Bound.Exact;
        var tokens = prompt.Tokens;
        var isDemand = false;
        for (var place = at - 1; place >= Math.Max(0, at - LookBack) && tokens[place].Sentence == tokens[at].Sentence; place--)
        {
            var before = place > 0 ? prompt.Word(tokens[place - 1]) : default;
            var beforeThat = place > 1 ? prompt.Word(tokens[place - 2]) : default;
            switch (prompt.Word(tokens[place]))
            {
                case "least" or "minimum" or "min":
                    bound = Bound.Least;
                    return true;
                case "most" or "maximum" or "max" or "under" or "below" or "within" or "exceed" or "exceeding" or "limit" or "limited":
                case "to" when before is "up":
                    bound = Bound.Most;
                    return true;
                case "than":
                    var isMore = before is "more" or "longer" or "greater";
                    bound = isMore == (beforeThat is "no" or "not") ? Bound.Most : Bound.Least;
                    return true;
                case "over":
                    bound = Bound.Least;
                    return true;
                case "about" or "around" or "approximately" or "roughly":
                    bound = Bound.About;
                    return true;
                case "in" or "using" or "use" or "with" or "exactly" or "write" or "compose" or "give" or "provide" or "summarize" or "summarise" or "be"
                    or "between" or "only" or "into" or "keep" or "produce" or "of" or "answer" or "respond" or "reply" or "return" or "generate" or "create" or "list" or "draft":
                    isDemand = true;
                    break;
            }
        }

        if (unit + 1 >= tokens.Length || tokens[unit + 1].Sentence != tokens[at].Sentence) return isDemand;
        var next = prompt.Word(tokens[unit + 1]);
        if (next is "or" && unit + 2 < tokens.Length) next = prompt.Word(tokens[unit + 2]);
        bound = next switch
        {
            "more" or "minimum" => Bound.Least,
            "less" or "fewer" or "max" or "maximum" => Bound.Most,
            _ => bound,
        };
        return isDemand || bound != Bound.Exact;
    }

    // "200-300", also with an en dash, but not "200, 300".
    private static bool IsHyphenated(TextAnalysis prompt, int at)
    {
        var between = prompt.Text.AsSpan(prompt.Tokens[at].End, prompt.Tokens[at + 1].Start - prompt.Tokens[at].End).Trim();
        return between is "-" or "\u2013" or "\u2014" or "~";
    }

    private static LengthUnit? UnitOf(ReadOnlySpan<char> word) => word switch
    {
        "word" or "words" => LengthUnit.Words,
        "sentence" or "sentences" => LengthUnit.Sentences,
        "paragraph" or "paragraphs" => LengthUnit.Paragraphs,
        "line" or "lines" => LengthUnit.Lines,
        "character" or "characters" => LengthUnit.Characters,
        "bullet" or "bullets" => LengthUnit.Items,
        _ => null,
    };

    private static double Number(TextAnalysis prompt, int at)
    {
        var word = prompt.Word(prompt.Tokens[at]);
        if (char.IsAsciiDigit(word[0])) return word.Length <= 5 && int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;
        return word switch
        {
            // "a single sentence", "in a word"; "a" alone counts only directly before its unit.
            "one" or "single" => 1,
            "a" => at + 1 < prompt.Tokens.Length && prompt.Word(prompt.Tokens[at + 1]) is "sentence" or "paragraph" or "word" ? 1 : 0,
            "two" or "couple" => 2,
            "three" => 3,
            "four" => 4,
            "five" => 5,
            "six" => 6,
            "seven" => 7,
            "eight" => 8,
            "nine" => 9,
            "ten" => 10,
            "twelve" => 12,
            "fifteen" => 15,
            "twenty" => 20,
            "thirty" => 30,
            "forty" => 40,
            "fifty" => 50,
            "hundred" => 100,
            _ => 0,
        };
    }
}
