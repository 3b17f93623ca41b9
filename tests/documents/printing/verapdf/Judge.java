import java.io.FileInputStream;
import java.util.TreeMap;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/**
 * Judges files by flavours: `java -cp 'FOLDER/*' Judge.java 2b,2a,ua1 FILE…`. A line for each file and flavour (flavour,
 * rules, checks, file), and one for each rule that fails, begun by a tab (how often, rule, what it asks).
 */
public class Judge {
    public static void main(String[] words) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        for (int n = 1; n < words.length; n++) {
            for (String name : words[0].split(",")) {
                judge(PDFAFlavour.byFlavourId(name), words[n]);
            }
        }
    }

    private static void judge(PDFAFlavour flavour, String file) throws Exception {
        try (PDFAParser parser = Foundries.defaultInstance().createParser(new FileInputStream(file), flavour);
                PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false)) {
            ValidationResult result = validator.validate(parser);
            int rules = result.getValidationProfile().getRules().size();
            System.out.println(flavour.getId() + "\t" + rules + "\t" + result.getTotalAssertions() + "\t" + file);
            TreeMap<String, Integer> failed = new TreeMap<>();
            for (TestAssertion one : result.getTestAssertions()) {
                if (one.getStatus() == TestAssertion.Status.FAILED) {
                    String rule = one.getRuleId().getClause() + "-" + one.getRuleId().getTestNumber();
                    failed.merge(rule + "\t" + one.getMessage().replaceAll("\\s+", " "), 1, Integer::sum);
                }
            }
            failed.forEach((rule, times) -> System.out.println("\t" + times + "\t" + rule));
        }
    }
}
