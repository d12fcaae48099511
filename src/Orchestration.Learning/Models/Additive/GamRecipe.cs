namespace Orchestration.Learning.Models.Additive;

/// <summary>
/// A generalised additive model: penalised cubic B-splines a judge, every penalty chosen by restricted maximum likelihood; judges and bends that do
/// not pay are left out.
/// </summary>
internal sealed class GamRecipe(string name, RecipeOptions options, int interactions) : IModelRecipe
{
    public string Name => name;

    public bool IsMonotone => options.Monotone ?? false;

    public IScoreModel Fit(ScoreData data, FitOptions fit) =>
        GamFit.Fit(data, new GamSettings(options.Splines, options.Monotone ?? false, interactions), fit.CancellationToken);

    public IScoreModel Fit(PreferenceData data, FitOptions fit) =>
        GamPreferenceFit.Fit(data, new GamSettings(options.Splines, options.Monotone ?? true, interactions), fit.CancellationToken);
}
