using Orchestration.Learning.Models.Missing;

namespace Orchestration.Learning.Models.Neural;

/// <summary>
/// Fits an ensemble of networks with one hidden layer. Members differ in their first weights, in the order of the rows and in the fifth of the
/// groups that they hold out to decide when to stop; no row of a held-out group is ever learned from by that member.
/// </summary>
internal sealed class MlpRecipe(MlpOptions options) : IModelRecipe
{
    private const int Folds = 5;
    private const int PassesWithoutHeldOut = 40;
    private const ulong FoldStreams = 1UL << 32;
    private readonly MlpOptions _options = options.Checked();

    /// <inheritdoc/>
    public string Name => "mlp";

    /// <inheritdoc/>
    public bool IsMonotone => _options.Monotone == true;

    /// <inheritdoc/>
    public IScoreModel Fit(ScoreData data, FitOptions options)
    {
        var normal = JudgeNormal.Fit(data, _options.Monotone ?? false);
        var scores = normal.FillAll(data.Scores);
        var scale = InputScale.Of(scores, data.Judges, data.Weights, out var varies);
        var target = InputScale.Of(data.Targets, 1, data.Weights, out _);
        var standardised = Array.ConvertAll(data.Targets, t => (t - target.Means[0]) / target.Deviations[0]);
        var rows = MlpRows.Of(scores, data.Judges, scale, standardised, data.Weights, varies, compared: false);
        var monotone = _options.Monotone ?? false;
        var members = Members(rows, data.GroupOf, data.Groups, monotone, options);
        return new MlpModel(scale, normal, members, target.Means[0], target.Deviations[0], monotone);
    }

    /// <inheritdoc/>
    public IScoreModel Fit(PreferenceData data, FitOptions options)
    {
        var normal = JudgeNormal.Fit(data, _options.Monotone ?? true);
        var scores = AnswerRows.Of(normal.FillAll(data.First), normal.FillAll(data.Second), data.Judges);
        var weights = AnswerRows.Weights(data.Weights);
        var scale = InputScale.Of(scores, data.Judges, weights, out var varies);
        var rows = MlpRows.Of(scores, data.Judges, scale, data.Labels, data.Weights, varies, compared: true);
        var monotone = _options.Monotone ?? true;
        var members = Members(rows, data.GroupOf, data.Groups, monotone, options);
        var mean = AnswerRows.Mean(new MlpModel(scale, normal, members, 0, 1, monotone), scores, weights);
        return new MlpModel(scale, normal, members, -mean, 1, monotone);
    }

    private MlpMember[] Members(MlpRows rows, int[] groupOf, int groups, bool monotone, FitOptions options)
    {
        var members = new MlpMember[_options.Members];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, options.MaxThreads), CancellationToken = options.CancellationToken };
        Parallel.For(0, members.Length, parallel, k => members[k] = Member(k, rows, groupOf, groups, monotone, options));
        return members;
    }

    private MlpMember Member(int k, MlpRows rows, int[] groupOf, int groups, bool monotone, FitOptions options)
    {
        // With fewer than three groups nothing can be held out that would say anything: a fixed, small number of passes instead.
        var held = _options.Patience > 0 && groups >= 3;
        var settings = held || _options.Patience == 0 ? _options : _options with { Epochs = Math.Min(_options.Epochs, PassesWithoutHeldOut) };
        var folds = Math.Min(Folds, groups);
        var foldOf = held ? InnerFolds.Draw(groupOf, groups, folds, new SeedStream(options.Seed, FoldStreams + (ulong)(k / folds))) : new int[groupOf.Length];
        int[] all = [.. Enumerable.Range(0, groupOf.Length)];
        int[] training = held ? [.. all.Where(i => foldOf[i] != k % folds)] : all;
        int[] heldOut = held ? [.. all.Where(i => foldOf[i] == k % folds)] : [];
        var trainer = new MlpTrainer(settings, rows, monotone, new SeedStream(options.Seed, (ulong)k));
        return MlpMember.Of(trainer.Train(training, heldOut, options.CancellationToken), trainer.Shape);
    }
}
