namespace Orchestration.Core.Judging.Code.Analysis;

/// <summary>An expression of the word lists that was found in a text.</summary>
/// <param name="Kind">Which list it stands in.</param>
/// <param name="Weight">What it weighs there; never 0.</param>
/// <param name="FirstToken">Its first token.</param>
/// <param name="EndToken">First token after it.</param>
internal readonly record struct PhraseHit(PhraseKind Kind, double Weight, int FirstToken, int EndToken);

/// <summary>Finds the expressions of all word lists in one pass. The longest match of a list wins and hits of one list do not overlap.</summary>
internal static class PhraseFinder
{
    private const int Kinds = 3;

    // Between two words of an expression the text may have no more than this: "I can't help" is one, "I can't. Help" is none.
    private const int LongestGap = 3;

    /// <summary>Fills the list with the hits in a text, in order of their first tokens.</summary>
    public static void Find(TextAnalysis text, Lexicon lexicon, List<PhraseHit> hits)
    {
        hits.Clear();
        var tokens = text.Tokens;
        Span<int> free = stackalloc int[Kinds];
        Span<int> ends = stackalloc int[Kinds];
        Span<double> weights = stackalloc double[Kinds];
        for (var first = 0; first < tokens.Length; first++)
        {
            if (!lexicon.OpensPhrase(tokens[first].Id)) continue;
            ends.Clear();
            Walk(tokens, first, lexicon, ends, weights);
            for (var kind = 0; kind < Kinds; kind++)
            {
                if (ends[kind] == 0 || first < free[kind]) continue;
                free[kind] = ends[kind];
                if (weights[kind] > 0) hits.Add(new PhraseHit((PhraseKind)kind, weights[kind], first, ends[kind]));
            }
        }
    }

    private static void Walk(ReadOnlySpan<Token> tokens, int first, Lexicon lexicon, Span<int> ends, Span<double> weights)
    {
        var state = 0;
        for (var at = first; at < tokens.Length; at++)
        {
            ref readonly var token = ref tokens[at];
            if (at > first && (token.Sentence != tokens[first].Sentence || token.Start - tokens[at - 1].End > LongestGap)) return;
            var next = lexicon.Next(state, token.Id);
            if (next < 0)
            {
                if (at > first && lexicon.IsFiller(token.Id)) continue;
                return;
            }

            state = next;
            if (lexicon.PhraseAt(state) is not { } phrase) continue;
            ends[(int)phrase.Kind] = at + 1;
            weights[(int)phrase.Kind] = phrase.Weight;
        }
    }
}
