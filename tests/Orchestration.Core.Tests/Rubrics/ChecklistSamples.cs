using Orchestration.Core.Rubrics;

namespace Orchestration.Core.Tests.Rubrics;

/// <summary>A rubric with a checklist, and its bundle.</summary>
internal static class ChecklistSamples
{
    public const string Source = """
        ---
        id: support-reply
        title: Reply of a help desk
        protocol: score
        reply: checklist
        reference: optional
        context: optional
        ---

        The answer replies to a customer.

        ## Checklist

        ### greets
        The answer greets the customer.

        ### names-policy

        - points: 2
        - when: has context

        The answer names the clause that it relies on.
        It quotes it, too.

        ### no-promise

        - evidence: none
        - points: 0.5

        The answer does not promise a refund.

        ### says-when

        - when: category is refunds, returns
        - when: prompt does not match (?i)already refunded

        The answer says when the money arrives.

        ## Notes for reviewers

        Ask the help desk before changing this.
        """;

    public static Rubric Bundle(string? source = null) => RubricCompiler.Compile("support-reply.md", source ?? Source).Bundle;
}
