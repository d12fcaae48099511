using Orchestration.Core.Rubrics;

namespace Orchestration.Core.Judging.Llm;

/// <summary>How the system message speaks of material that not every pair has. <see cref="RubricPrompt.MaterialRevision"/> says when a word was changed.</summary>
internal static class MaterialText
{
    public static string Reference(MaterialUse use) => use switch
    {
        MaterialUse.Required => ", a reference answer that is known to be right",
        MaterialUse.Optional => ", where one is known a reference answer that is right",
        _ => "",
    };

    public static string Context(MaterialUse use) => use switch
    {
        MaterialUse.Required => ", the context that an answer had to work from",
        MaterialUse.Optional => ", where there is any the context that an answer had to work from",
        _ => "",
    };
}
