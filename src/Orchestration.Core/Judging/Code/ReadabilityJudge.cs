using Orchestration.Core.Judging.Code.Analysis;

namespace Orchestration.Core.Judging.Code;

/// <summary>Flesch reading ease of the answer's prose, clipped to its scale.</summary>
internal sealed class ReadabilityJudge : AnalysedCodeJudge
{
    public override string Id => "readability";

    public override string Summary => "Flesch reading ease of the answer's prose, 0 (hard) to 100 (easy); code is left out.";

    public override Scale Scale { get; } = new(0, 100);

    protected override Judgment Score(PairAnalysis pair)
    {
        var answer = pair.Answer;
        var vocabulary = pair.Vocabulary;
        int words = 0, syllables = 0, current = 0, others = 0, sentences = 0, lastSentence = -1;
        foreach (ref readonly var token in answer.Tokens)
        {
            if (token.IsCode) continue;
            if (!token.IsLatin)
            {
                // Numbers are neither words to read nor a sign of another language.
                if (answer.Word(token).ContainsAnyExceptInRange('0', '9')) others++;
                continue;
            }

            if (token.IsJoined && words > 0)
            {
                current += vocabulary.SyllablesOf(token.Id);
                continue;
            }

            syllables += words > 0 ? Math.Max(1, current) : 0;
            current = vocabulary.SyllablesOf(token.Id);
            words++;
            if (token.Sentence == lastSentence) continue;
            lastSentence = token.Sentence;
            sentences++;
        }

        if (words == 0 || others >= words) return NotApplicable;
        syllables += Math.Max(1, current);
        var ease = 206.835 - (1.015 * ((double)words / sentences)) - (84.6 * ((double)syllables / words));
        return Judgment.Scored(Math.Clamp(ease, 0, 100));
    }
}
