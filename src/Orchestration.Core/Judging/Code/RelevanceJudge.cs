using Orchestration.Core.Judging.Code.Analysis;

namespace Orchestration.Core.Judging.Code;

/// <summary>BM25 of the answer for the words of the prompt, divided by the largest value it can take.</summary>
internal sealed class RelevanceJudge : AnalysedCodeJudge
{
    // The usual constants (Robertson and Zaragoza 2009), and a length that stands for the average answer since a pair has no collection.
    private const double K1 = 1.2;
    private const double B = 0.75;
    private const double AverageLength = 200;

    public override string Id => "relevance";

    public override string Summary => "BM25 of the answer for the prompt's words with shipped word weights, over its largest possible value.";

    protected override Judgment Score(PairAnalysis pair)
    {
        var prompt = pair.Prompt;
        var answer = pair.Answer;
        if (prompt.Tokens.IsEmpty) return NotApplicable;
        var vocabulary = pair.Vocabulary;
        var terms = pair.ScratchIds;
        DistinctStems(prompt, vocabulary, terms, pair);
        foreach (ref readonly var token in answer.Tokens) vocabulary.StemOf(token.Id);
        var counts = pair.Counts;
        foreach (ref readonly var token in answer.Tokens) counts[vocabulary.StemOf(token.Id)]++;

        var k = K1 * (1 - B + (B * answer.Tokens.Length / AverageLength));
        double found = 0, possible = 0;
        foreach (var term in terms.Items)
        {
            var weight = vocabulary.WeightOf(term);
            double count = counts[term];
            found += weight * (count / (count + k));
            possible += weight;
        }

        foreach (ref readonly var token in answer.Tokens) counts[vocabulary.StemOf(token.Id)] = 0;
        return Judgment.Scored(found / possible);
    }

    private static void DistinctStems(TextAnalysis prompt, Vocabulary vocabulary, IdList terms, PairAnalysis pair)
    {
        terms.Clear();

        // Stems may be words not known so far, so all are made before the counters are taken.
        foreach (ref readonly var token in prompt.Tokens) vocabulary.StemOf(token.Id);
        var seen = pair.Counts;
        foreach (ref readonly var token in prompt.Tokens)
        {
            var stem = vocabulary.StemOf(token.Id);
            if (seen[stem]++ == 0) terms.Add(stem);
        }

        foreach (var term in terms.Items) seen[term] = 0;
    }
}
