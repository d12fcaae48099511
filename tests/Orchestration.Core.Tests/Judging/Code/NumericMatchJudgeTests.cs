using Shouldly;
using Xunit;

namespace Orchestration.Core.Tests.Judging.Code;

public sealed class NumericMatchJudgeTests
{
    [Theory]
    [InlineData("The answer is 7.", "7")]
    [InlineData("First 5, then 7", "7")]
    [InlineData("It is 18. #### 18\nsee page 4", "Work: 3*6 = 18 #### 18")]
    [InlineData("So \\boxed{42}, as in line 7.", "42")]
    [InlineData("\\boxed{1} or rather \\boxed{x = 42}", "42")]
    [InlineData("\\boxed{\\frac{3}{4}}", "0.75")]
    [InlineData("-\\frac{1}{2}", "-0.5")]
    [InlineData("3/4", "0.75")]
    [InlineData("$1,234.50", "1234.5")]
    [InlineData("It is −5.", "-5")]
    [InlineData("0.5", "50%")]
    [InlineData("50", "50%")]
    [InlineData("1e3", "1000")]
    [InlineData("3.1400001", "3.14")] // within a millionth
    [InlineData("It weighs 5kg", "5")]
    [InlineData(".5", "0.5")]
    [InlineData("from 3-5", "5")] // a range, no minus
    [InlineData("123456789012345678901234567890", "123456789012345678901234567890")]
    public void The_final_number_matches(string answer, string reference) => Ask.Score("numeric-match", "p", answer, reference).ShouldBe(1);

    [Theory]
    [InlineData("7 of 9", "7")]
    [InlineData("-7", "7")]
    [InlineData("3.141", "3.14")]
    [InlineData("version v12", "12")] // a name
    [InlineData("none", "7")]
    [InlineData("", "7")]
    [InlineData("1/2/2024", "0.5")] // a date
    [InlineData("50%", "5")]
    public void Another_number_does_not(string answer, string reference) => Ask.Score("numeric-match", "p", answer, reference).ShouldBe(0);
}
